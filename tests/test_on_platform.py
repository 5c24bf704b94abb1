"""Steps and approvals under a real Prefect server."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from chat_fixtures import slack_stand_in
from plan_fixtures import SHOP
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness
from pydantic import PrivateAttr, SecretStr
from server_fixtures import wait_until
from ssh_signers import Signer

from blocks.approvals.codes import ApprovalCodes
from blocks.chat.courier import Courier
from blocks.chat.kind import Chat, Message
from blocks.chat.signed_webhook import SignedWebhook
from blocks.registry import register_blocks
from blocks.vaults.folder import FolderVault
from doors.dead_man import arm
from flows.withdrawn import cancelled_when_withdrawn
from recovery.approval import check_evidence, judge_approvals
from recovery.decision import Decision, go, refuse
from recovery.errors import Missing, Refused, Unreachable, Withdrawn
from recovery.journal import Journal
from recovery.outcome import Outcome, did
from recovery.plan_approval import Approval
from recovery.plan_file import read_plan
from recovery.plan_notifications import EscalationStep, Notification
from recovery.secrets import Scrubber
from tasks.approve import approve, subject_of
from tasks.beat import MONITOR, beat_once, resource_of_monitor
from tasks.collect_approvals import describe
from tasks.run import Run
from tasks.verb import verb

pytestmark = pytest.mark.slow
BACKUP, CHANGE = Outcome(sentence="The newest proved backup is b-1."), Outcome(sentence="1 to create.")


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=240):
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


ADA, BEN = Signer(), Signer()
SECRET = pyotp.random_base32()
APPROVERS = [{"name": "ada", "key": ADA.key}, {"name": "ben", "key": BEN.key}, {"name": "cyd"}]


def asked(run: Run, initiator: str = "uptime monitor", **fields: Any) -> Run:
    fields = {"within": "60s", "approvers": APPROVERS, "codes": "approval-codes/a", **fields}
    run.plan = run.plan.model_copy(update={"approval": Approval.model_validate(fields)})
    run.initiator = initiator
    return run


def form(who: str, proof: str = "", decision: str = "approve") -> dict[str, Any]:
    return {"decision": decision, "approver": who, "proof": proof}


def signed(run: Run, who: str, signer: Signer) -> dict[str, Any]:
    return form(who, signer.sign(subject_of(run, BACKUP, CHANGE).statement).replace("\n", " "))


def answered(run: Run, answers: list[dict[str, Any]], after: "Recorder | None" = None) -> tuple[Any, list[int]]:
    """Plays an approval, and posts each answer once the run is paused, or later, once somebody was told.

    Returns:
        Its end, and the HTTP statuses.
    """
    statuses: list[int] = []

    @flow
    async def asks() -> Outcome:
        return await approve(run, BACKUP, CHANGE)

    async def next_pause(client: Any, before: set[Any]) -> Any:
        for _ in range(600):
            for one in await client.read_flow_runs() if after is None or after._got else ():
                if one.state and one.state.is_paused() and one.state.id not in before:
                    return one
            await asyncio.sleep(0.1)
        raise AssertionError("the run does not pause")

    async def answer() -> None:
        before: set[Any] = set()
        async with get_client() as client:
            for filled in answers:
                paused = await next_pause(client, before)
                path = f"/flow_runs/{paused.id}/resume"
                reply = await client._client.post(path, json={"run_input": filled})
                accepted = reply.json().get("status") == "ACCEPT"
                statuses.append(200 if accepted else 400)
                if accepted:
                    before.add(paused.state.id)

    async def both() -> Any:
        ends = await asyncio.gather(asks(), answer(), return_exceptions=True)
        assert not isinstance(ends[1], BaseException), ends[1]
        return ends[0]

    return asyncio.run(both()), statuses


def test_a_person_approves_exactly_what_was_shown_by_a_signature(run: Run) -> None:
    end, statuses = answered(
        asked(run),
        [{}, form("ada", decision="maybe"), form("ada", ADA.sign("something else")), signed(run, "ada", ADA)],
    )
    assert "Approved by ada" in end.sentence
    assert statuses == [400, 400, 200, 200]
    marks = [line for line in run.journal.lines if line.kind == "mark"]
    assert [mark.step for mark in marks] == ["approval turned down", "approved by ada", "approved"]
    assert marks[-1].data["digest"] == end.facts["digest"]
    assert check_evidence(marks[-1].data)[0].startswith("ada signed it")


def test_two_approve_one_of_them_by_a_code_that_counts_once(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    codes = ApprovalCodes(secrets={"cyd": SecretStr(SECRET)})
    places = {"approval-codes/a": codes, "s3-vault/shop": FolderVault(folder=str(tmp_path / "vault"))}
    run = asked(make_run(tmp_path, blocks=places), initiator="ada", needed=2)
    code = pyotp.TOTP(SECRET).now()
    answers = [form("cyd", code), form("cyd", code), form("mallory", code), signed(run, "ada", ADA)]
    end, _ = answered(run, answers)
    assert "Approved by cyd and ada" in end.sentence
    refused = [line.sentence for line in run.journal.lines if line.step == "approval turned down"]
    assert "was used already" in refused[0]
    assert "mallory is no approver of this plan" in refused[1]
    assert code not in run.journal.path.read_text()


def test_nobody_approves_alone_what_they_started(run: Run) -> None:
    asked(run, initiator="ada")
    end, _ = answered(run, [signed(run, "ada", ADA), form("ben", decision="reject")])
    assert isinstance(end, Refused)
    assert "ben rejected" in end.what
    assert [line.step for line in run.journal.lines if line.kind == "mark"] == ["approved by ada"]


def test_a_person_rejects(run: Run) -> None:
    end, _ = answered(asked(run), [form("ada", decision="reject")])
    assert isinstance(end, Refused)
    assert "ada rejected" in end.what
    assert kinds(run) == ["intent", "refused"]


def test_a_recovery_that_is_needed_no_more_ends_as_cancelled(run: Run) -> None:
    end, _ = answered(asked(run), [form("the receiver", decision="withdraw")])
    assert isinstance(end, Withdrawn)
    assert str(end) == "the receiver withdrew the recovery. Nothing was changed at either site."

    @flow
    @cancelled_when_withdrawn
    async def playbook() -> str:
        raise end

    state = asyncio.run(playbook(return_state=True))
    assert (state.name, state.message) == ("Cancelled", str(end))
    with pytest.raises(Withdrawn):
        asyncio.run(playbook.fn())  # as without a server


class Recorder(Chat):
    """Keeps what it is told."""

    _block_type_slug = "platform-recorder-chat"
    _got: list[Message] = PrivateAttr(default_factory=list)

    def post(self, message: Message) -> None:
        self._got.append(message)


def test_while_nobody_answers_more_people_are_told_and_then_hear_the_answer(tmp_path: Path) -> None:
    team, manager = Recorder(), Recorder()
    courier = Courier({"slack-chat/operations": team, "pagerduty-events/managers": manager})
    run = asked(make_run(tmp_path, courier=courier, links={"Open the run": "http://a/"}), within="60s")
    step = EscalationStep(after=timedelta(milliseconds=500), tell=("pagerduty-events/managers",))
    run.plan = run.plan.model_copy(update={"escalation": (step,)})

    end, _ = answered(run, [signed(run, "ada", ADA)], after=manager)
    assert "Approved by ada" in end.sentence
    assert courier.close(20) == 0
    assert [each.kind for each in team._got] == ["needs approval", "answered"]
    assert [each.kind for each in manager._got] == ["needs approval", "answered"]
    assert ": pagerduty-events/managers told too." in manager._got[0].lines[0]
    assert manager._got[0].links["Approve or reject"] == "http://a/"
    assert next(line.step for line in run.journal.lines if line.kind == "mark") == "escalated"


@pytest.mark.parametrize(("on_timeout", "word"), [("stop", "says to stop"), ("proceed", "says to proceed")])
def test_nobody_answers(run: Run, on_timeout: str, word: str) -> None:
    end, _ = answered(asked(run, within="2s", on_timeout=on_timeout), [])
    assert word in (end.what if isinstance(end, Refused) else end.sentence)


def test_the_form_says_exactly_what_to_do(run: Run) -> None:
    subject = subject_of(asked(run), BACKUP, CHANGE)
    judged = judge_approvals(run.plan.approval, [], "")
    text = describe(run, subject, judged, ["That was no signature."])
    assert f"printf %s 'lifeboat approve shop-1 {subject.digest}' | ssh-keygen -Y sign -n lifeboat" in text
    for words in ("b-1", "1 to create", "ada, ben**: sign it", "cyd**: put the one-time code", "That was no signature"):
        assert words in text


def test_silence_is_an_alert_once_and_the_switch_is_made_without_duplicates() -> None:
    """By a real proactive automation, which posts through our block from within the Prefect server."""
    with slack_stand_in() as taken:
        block = SignedWebhook(url=taken.url, secret="a-secret-of-sixteen")
        asyncio.run(register_blocks({"signed-webhook/silence": block}))
        plan = read_plan(SHOP)
        rules = plan.monitor.model_copy(update={"silence": timedelta(seconds=10)})
        told = (Notification(to="signed-webhook/silence"),)
        plan = plan.model_copy(update={"monitor": rules, "notifications": told})
        names = [asyncio.run(arm(plan)) for _ in range(2)]
        assert names[0] == names[1] and len(names[0]) == 2
        with get_client(sync_client=True) as client:
            assert [len(client.read_automations_by_name(name)) for name in names[0]] == [1, 1]
        beat_once(MONITOR, resource_of_monitor("shop", "here"), health="well")
        wait_until(lambda: bool(taken.requests), 120, "the alert of silence")
        (request,) = taken.requests
    assert request["title"] == "lifeboat: silence of the monitor of shop (here)"
    assert "Nothing was heard of lifeboat.monitor.shop.here for 10.0 s." in request["lines"][0]


def test_a_switch_that_would_tell_nobody_is_not_made() -> None:
    plan = read_plan(SHOP).model_copy(update={"notifications": (Notification(to="slack-chat/nobody"),)})
    with pytest.raises(Missing, match="none of the blocks that are told of an outage: slack-chat/nobody"):
        asyncio.run(arm(plan))
