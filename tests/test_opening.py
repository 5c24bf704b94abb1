"""What a run finds when it is opened, and what its journal says when it is closed."""

import asyncio
from pathlib import Path

import pytest
from absent_places import write_plan

from blocks.chat.kind import Chat
from recovery.errors import Withdrawn
from recovery.plan_references import chats
from tasks.opening import open_run
from tasks.run import Run


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_plan(tmp_path)
    for name in ("LIFEBOAT_HOME", "LIFEBOAT_PLANS"):
        monkeypatch.setenv(name, str(tmp_path))


def opened(error: Exception | None = None) -> Run:
    kept: list[Run] = []

    async def play() -> None:
        async with open_run("readiness", "shop") as run:
            kept.append(run)
            if error:
                raise error

    if error:
        with pytest.raises(type(error)):
            asyncio.run(play())
    else:
        asyncio.run(play())
    return kept[0]


def test_a_run_finds_the_chats_that_its_plan_names() -> None:
    """Readiness asks each of them whether it would take a message."""
    run = opened()
    wanted = chats(run.plan)
    assert wanted
    assert all(isinstance(run.any_block(name), Chat) for name in wanted)


def test_a_recovery_that_was_taken_back_is_closed_as_that() -> None:
    last = opened(Withdrawn("ada withdrew the recovery.")).journal.lines[-1]
    assert (last.kind, last.data["state"]) == ("closed", "withdrawn")
    assert last.sentence == "Withdrawn: ada withdrew the recovery."


def test_a_recovery_that_failed_says_how() -> None:
    last = opened(RuntimeError("secret words")).journal.lines[-1]
    assert (last.data["state"], last.sentence) == ("failed", "Stopped: RuntimeError")
