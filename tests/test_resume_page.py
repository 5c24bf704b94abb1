"""docs/resume.md tells of every step of a failover how it is gone on with and how it is undone."""

import importlib
import pkgutil
from pathlib import Path

import pytest

import tasks
from tasks.verb import Verb

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "resume.md").read_text()
ROWS = {row.split("|")[1].strip(): row for row in PAGE.splitlines() if row.startswith("| ")}
AFTERWARDS = {"write report", "tell people"}


def verbs() -> dict[str, Verb]:
    """The steps that the failover flow, and what it calls, name."""
    flows = ("recover", "rebuild", "rotate")
    gathered = ("restore_components", "follow_replicas", "last_backup", "gather_evidence")
    files = [f"flows/{name}.py" for name in flows] + [f"tasks/{name}.py" for name in gathered]
    used = "".join((ROOT / name).read_text() for name in files)
    used = used.replace("from tasks.walk_back import", "")  # its verifications have journals of their own
    found = {}
    for module in pkgutil.iter_modules(tasks.__path__):
        if f"from tasks.{module.name} import" in used:
            members = vars(importlib.import_module(f"tasks.{module.name}")).values()
            found |= {each.name: each for each in members if isinstance(each, Verb)}
    return {name: each for name, each in found.items() if name not in AFTERWARDS}


def test_there_are_steps() -> None:
    assert {
        "fence primary",
        "restore {component}",
        "catch up {component}",
        "take site out",
        "swap DNS",
    } <= verbs().keys()


@pytest.mark.parametrize("name", verbs())
def test_the_page_tells_of_the_step(name: str) -> None:
    row = ROWS[name.removesuffix(" {component}")]
    assert (verbs()[name].undo or "nothing to undo") in row
