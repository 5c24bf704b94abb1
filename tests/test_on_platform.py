"""Steps and approvals under a real Prefect server."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from plan_fixtures import SHOP
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness

from blocks.chat.courier import Courier
from recovery.decision import Decision, go, refuse
from recovery.errors import Refused, Unreachable
from recovery.journal import Journal
from recovery.outcome import Outcome, did
from recovery.plan import Approval
from recovery.plan_file import read_plan
from recovery.secrets import Scrubber
from tasks.approve import approve
from tasks.run import Run
from tasks.verb import verb

pytestmark = pytest.mark.slow
BACKUP, CHANGE = Outcome(sentence="The newest proved backup is b-1."), Outcome(sentence="1 to create.")


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=90):
        yield


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run(tmp_path)


def make_run(folder: Path, **changes: Any) -> Run:
    scrubber = Scrubber()
    scrubber.learn("hunter22")
    fields: dict[str, Any] = {
        "playbook": "failover",
        "plan": read_plan(SHOP),
        "incident": "shop-1",
        "folder": folder,
        "journal": Journal(folder / "journal.jsonl", clean=scrubber.clean),
        "blocks": {},
        "scrubber": scrubber,
        "courier": Courier([]),
        "dry_run": False,
        "break_glass": None,
        "on_platform": True,
    }
    return Run(**{**fields, **changes})


def kinds(run: Run) -> list[str]:
    return [line.kind for line in run.journal.lines]


def play(step: Callable[[], Any]) -> Any:
    @flow
    async def playbook() -> Any:
        return await step()

    return asyncio.run(playbook())


@pytest.mark.parametrize("on_platform", [True, False])
def test_what_cannot_be_reached_is_tried_again_from_looking_on(tmp_path: Path, on_platform: bool) -> None:
    run, seen = make_run(tmp_path, on_platform=on_platform), []

    @verb("reach", look=lambda run: seen.append("look") or go("Trying."), retries=2, delay=0.01)
    def reach(run: Run, seen: Decision) -> Outcome:
        """Reaches."""
        tries.append(1)
        if len(tries) < 3:
            raise Unreachable("Not there, with password hunter22.")
        return did("Reached.", tries=len(tries))

    tries: list[int] = []
    outcome = play(lambda: reach(run)) if on_platform else asyncio.run(reach(run))
    assert outcome.sentence == "Reached."
    assert seen == ["look"] * 3
    assert kinds(run) == ["intent", "failure", "intent", "failure", "intent", "outcome"]
    assert [line.data["attempt"] for line in run.journal.lines if line.kind == "intent"] == [1, 2, 3]
    assert "hunter22" not in run.journal.path.read_text()


@pytest.mark.parametrize("on_platform", [True, False])
def test_a_refusal_is_final_and_nothing_acts(tmp_path: Path, on_platform: bool) -> None:
    run = make_run(tmp_path, on_platform=on_platform)

    @verb("refuse", look=lambda run: refuse("No.", "Do that first."), retries=3, delay=5)
    def never(run: Run, seen: Decision) -> Outcome:
        """Never acts."""
        raise AssertionError("it acted")

    with pytest.raises(Refused, match=r"No\. Nothing was changed\. Do that first\."):
        play(lambda: never(run)) if on_platform else asyncio.run(never(run))
    assert kinds(run) == ["refused"]


def test_a_step_that_hangs_meets_its_deadline(run: Run) -> None:
    import threading

    let_go = threading.Event()

    @verb("hang", look=lambda run: go("Going."), timeout=timedelta(milliseconds=100))
    def hang(run: Run, seen: Decision) -> Outcome:
        """Waits for ever."""
        let_go.wait(30)
        return did("Too late.")

    try:
        with pytest.raises(Exception, match=r"did not end within 0\.1 s"):
            play(lambda: hang(run))
    finally:
        let_go.set()
    assert kinds(run) == ["intent", "failure"]


def asked(run: Run, mode: str = "human", **fields: Any) -> Run:
    run.plan = run.plan.model_copy(update={"approval": Approval.model_validate({"mode": mode, **fields})})
    return run


def answered(run: Run, answers: list[dict[str, Any]]) -> tuple[Any, list[int]]:
    """Plays an approval, and posts the answers once the run is paused. Returns its end, and the HTTP statuses."""
    statuses: list[int] = []

    @flow
    async def asks() -> Outcome:
        return await approve(run, BACKUP, CHANGE)

    async def answer() -> None:
        async with get_client() as client:
            for _ in range(300):
                paused = [one for one in await client.read_flow_runs() if one.state and one.state.is_paused()]
                if paused:
                    break
                await asyncio.sleep(0.1)
            for form in answers:
                path = f"/flow_runs/{paused[0].id}/resume"
                reply = await client._client.post(path, json={"run_input": form})
                statuses.append(200 if reply.json().get("status") == "ACCEPT" else 400)

    async def both() -> Any:
        ends = await asyncio.gather(asks(), answer(), return_exceptions=True)
        return ends[0]

    return asyncio.run(both()), statuses


def test_a_person_approves_exactly_what_was_shown(run: Run) -> None:
    end, statuses = answered(
        asked(run, within="60s"), [{}, {"decision": "maybe"}, {"decision": "approve", "approver": "Ada"}]
    )
    assert "Approved by Ada" in end.sentence
    assert statuses == [400, 400, 200]
    marks = [line for line in run.journal.lines if line.kind == "mark"]
    assert [mark.step for mark in marks] == ["approved"]
    assert marks[0].data["digest"] == end.facts["digest"]


def test_a_person_rejects(run: Run) -> None:
    end, _ = answered(asked(run, within="60s"), [{"decision": "reject", "approver": "Ada"}])
    assert isinstance(end, Refused)
    assert "Ada rejected" in end.what
    assert kinds(run) == ["intent", "refused"]


@pytest.mark.parametrize(("on_timeout", "word"), [("stop", "says to stop"), ("proceed", "says to proceed")])
def test_nobody_answers(run: Run, on_timeout: str, word: str) -> None:
    end, _ = answered(asked(run, within="2s", on_timeout=on_timeout), [])
    assert word in (end.what if isinstance(end, Refused) else end.sentence)
