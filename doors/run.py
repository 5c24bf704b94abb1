"""Runs a playbook: by its deployment on the Prefect server, or, with the glass broken, with no server at all."""

import asyncio
import importlib
import json
import logging
import os
import sys
import time
from typing import Any

from doors.logs import log_to_stderr
from doors.surroundings import demand_server
from doors.wanted import Wanted
from recovery.errors import Missing, RecoveryError
from recovery.history import find_run, newest_run
from recovery.journal import Line
from recovery.places import plan_file, plans_folder
from recovery.plan_file import read_plan

POLL = 0.3  # seconds between two looks at a run


def run_playbook(wanted: Wanted, as_json: bool) -> int:
    """Runs it to its end.

    Returns:
        The exit code: 0 completed, 1 otherwise.
    """
    read_plan(plan_file(wanted.plan))
    lines = (_without_server if wanted.break_glass is not None else _by_server)(wanted, quiet=as_json)
    completed = bool(lines) and lines[-1].kind == "closed" and lines[-1].data.get("state") == "completed"
    if as_json:
        print(json.dumps(_summary(lines, completed), indent=2))
    elif lines:
        print(f"\n{lines[-1].sentence} Incident {lines[0].data['incident']}.")
    return 0 if completed else 1


def _without_server(wanted: Wanted, quiet: bool) -> tuple[Line, ...]:
    """The same flow, called as a plain function: every step runs by itself, from the blocks file."""
    for name in ("PREFECT_API_URL", "PREFECT_API_KEY"):
        os.environ.pop(name, None)
    log_to_stderr()
    logging.getLogger("lifeboat").setLevel(logging.WARNING if quiet else logging.INFO)
    name = wanted.playbook.replace("-", "_")
    playbook = getattr(importlib.import_module(f"flows.{name}"), name)
    begun = time.time()
    try:
        asyncio.run(playbook.fn(**wanted.parameters()))
    except RecoveryError as error:
        print(f"lifeboat: {error}", file=sys.stderr)
    return newest_run(since=begun)


def _by_server(wanted: Wanted, quiet: bool) -> tuple[Line, ...]:
    demand_server()
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    application, parameters = read_plan(plan_file(wanted.plan)).application, wanted.parameters()
    parameters["plan"] = _deployed_name(wanted.plan)
    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(f"{wanted.playbook}/{application}")
        except ObjectNotFound as error:
            raise Missing(
                f"The Prefect server has no deployment {wanted.playbook}/{application}.",
                remedy="Deploy it (lifeboat deploy), or run without a server: --break-glass REASON.",
            ) from error
        flow_run = client.create_flow_run_from_deployment(deployment.id, parameters=parameters)
        return _follow(client, flow_run.id, quiet)


def _deployed_name(plan: str) -> str:
    """The server's processes find plans in the plans folder, by name."""
    path = plan_file(plan).resolve()
    if path.parent != plans_folder().resolve():
        raise Missing(
            f"{plan} is not in {plans_folder()}, where deployed playbooks look for plans.",
            remedy="Put it there and deploy again, or run without a server: --break-glass REASON.",
        )
    return path.stem


def _follow(client: Any, flow_run_id: Any, quiet: bool) -> tuple[Line, ...]:
    """Prints the run's log as it grows, until the run has ended."""
    from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId

    mine, shown, ended = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[flow_run_id])), 0, False
    while not ended:
        state = client.read_flow_run(flow_run_id).state
        ended = bool(state and state.is_final())
        logs = client.read_logs(log_filter=mine, offset=shown)
        shown += len(logs)
        for entry in () if quiet else logs:
            print(f"{entry.timestamp:%H:%M:%S}  {entry.message}", file=sys.stderr)
        if not ended:
            time.sleep(POLL)
    if state and not state.is_completed():
        print(f"lifeboat: {state.name}: {state.message}", file=sys.stderr)
    return find_run(str(flow_run_id))


def _summary(lines: tuple[Line, ...], completed: bool) -> dict[str, Any]:
    if not lines:
        return {"ok": False}
    ended = {"outcome", "failure", "found-done", "refused", "would"}
    steps = [line for line in lines if line.kind in ended]
    return {
        "ok": completed,
        "incident": lines[0].data["incident"],
        "dry_run": lines[0].data["dry_run"],
        "end": lines[-1].sentence,
        "steps": [
            {"name": line.step, "state": line.kind, "seconds": line.seconds, "sentence": line.sentence}
            for line in steps
        ],
        "report": next((line.data["report"] for line in reversed(steps) if "report" in line.data), None),
    }
