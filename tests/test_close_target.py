"""A failback that fails before the promotion: its target is fenced again before the live site takes writes again."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from plan_fixtures import SHOP
from pydantic import PrivateAttr
from ruamel.yaml import YAML

from blocks.chat.courier import Courier
from blocks.fences.kind import Fence, FenceProof
from flows.recover import Recovery, _leave_the_primary_as_it_was
from recovery.errors import Refused
from recovery.journal import Journal
from recovery.model import now
from recovery.plan import Plan
from recovery.plan_file import read_plan
from recovery.reverse import reversed_plan
from recovery.secrets import Scrubber
from tasks.close_target import close_target
from tasks.run import Run

DONE: list[str] = []


class NotedFence(Fence):
    """A fence that notes what is done to it."""

    _block_type_name = "Noted fence"
    _block_type_slug = "noted-fence"

    name: str
    holds: bool = True

    _raised: bool = PrivateAttr(default=False)

    def raise_fence(self) -> None:
        DONE.append(f"raise {self.name}")
        self._raised = self.holds

    def prove(self) -> FenceProof:
        return FenceProof(proved=self._raised, method=self.name, evidence=("It was asked",), at=now())

    def lower(self) -> None:
        DONE.append(f"lower {self.name}")


def plan(folder: Path) -> Plan:
    yaml = YAML()
    text = yaml.load(SHOP.read_text())
    text["fence"], text["drain"] = "noted-fence/primary", "noted-fence/primary-drain"
    text["failback"] = {
        "infrastructure": {"workspace": "terraform-workspace/primary", "state_region": "eu-west-1"},
        "configuration": {"inventory": "ansible-inventory/primary"},
        "fence": "noted-fence/standby",
        "drain": "noted-fence/standby",
    }
    yaml.dump(text, folder / "shop.yaml")
    return reversed_plan(read_plan(folder / "shop.yaml"))


def run(folder: Path, holds: bool = True, *steps: str, **changes: Any) -> Run:
    DONE.clear()
    fences = ("primary", "primary-drain", "standby")
    journal = Journal(folder / "journal.jsonl")
    for step in steps:
        journal.write("intent", step, f"About to {step}.")
    fields: dict[str, Any] = {
        "playbook": "failback",
        "plan": plan(folder),
        "incident": "shop-failback-1",
        "folder": folder,
        "journal": journal,
        "blocks": {f"noted-fence/{each}": NotedFence(name=each, holds=holds) for each in fences},
        "scrubber": Scrubber(),
        "courier": Courier([]),
        "dry_run": False,
        "break_glass": None,
        "on_platform": False,
    }
    return Run(**{**fields, **changes})


ASKED = Recovery(insisted=True, graceful=True, back=True)


def test_first_the_target_is_fenced_then_the_live_site_opened(tmp_path: Path) -> None:
    asyncio.run(_leave_the_primary_as_it_was(run(tmp_path, True, "drain primary", "open target"), ASKED))
    assert DONE == ["raise primary", "lower standby"]


def test_without_proof_the_live_site_stays_as_it_is(tmp_path: Path) -> None:
    """Two sites that take writes lose some for good; one that takes none does not."""
    failed = run(tmp_path, False, "drain primary", "open target")
    asyncio.run(_leave_the_primary_as_it_was(failed, ASKED))
    assert "lower standby" not in DONE
    with pytest.raises(Refused, match="The fence is not proved"):
        asyncio.run(close_target(failed))


def test_a_target_that_was_never_opened_is_left_alone(tmp_path: Path) -> None:
    asyncio.run(_leave_the_primary_as_it_was(run(tmp_path, True, "drain primary"), ASKED))
    assert DONE == ["lower standby"]


def test_past_the_promotion_nothing_is_undone(tmp_path: Path) -> None:
    steps = "drain primary", "open target", "promote standby"
    asyncio.run(_leave_the_primary_as_it_was(run(tmp_path, True, *steps), ASKED))
    assert DONE == []
