"""Writes prefect.yaml, for those who deploy by `prefect deploy --all`: the same deployments, without drop-downs."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from recovery.deployment import Deployment
from recovery.deployments import deployments_of, fleet_deployments
from recovery.plan import Plan

HEADER = """\
# Written by `lifeboat deploy --file prefect.yaml` from the plans: change those instead.
# `lifeboat deploy` makes the same deployments, with drop-downs of the backups that there are. This file is for those
# who deploy by `prefect deploy --all`. Serve them by `lifeboat runner` (starts runs in under 2 s) or a process worker.
"""


def write_prefect_file(path: Path, plans: Sequence[Plan], pool: str) -> None:
    """Writes the file, in place of an older one."""
    path.write_text(prefect_file(plans, pool))
    print(f"Wrote {path}.")


def prefect_file(plans: Sequence[Plan], pool: str) -> str:
    """The text of prefect.yaml for some plans."""
    wanted = [*(one for plan in plans for one in deployments_of(plan)), *fleet_deployments()]
    document = {
        "name": "lifeboat",
        "prefect-version": "3.8.8",
        # Without it `prefect deploy` would put in the folder it is called from, which workers elsewhere do not have.
        "pull": [{"prefect.deployments.steps.set_working_directory": {"directory": "."}}],
        "deployments": [_entry(each, pool) for each in wanted],
    }
    yaml, text = YAML(), StringIO()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 120
    yaml.dump(document, text)
    return HEADER + text.getvalue()


def _entry(wanted: Deployment, pool: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": wanted.name,
        "entrypoint": wanted.entrypoint,
        "description": LiteralScalarString(wanted.description),
        "tags": list(wanted.tags),
        "parameters": dict(wanted.parameters),
        "concurrency_limit": {"limit": 1, "collision_strategy": wanted.collision},
        "work_pool": {"name": pool},
    }
    if wanted.schedules:
        entry["schedules"] = [_schedule(each.model_dump()) for each in wanted.schedules]
    return entry


def _schedule(fields: dict[str, Any]) -> dict[str, Any]:
    """A schedule without parameters of its own has no such key."""
    return {name: value for name, value in fields.items() if value != {}}
