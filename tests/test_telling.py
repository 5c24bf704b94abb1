"""Who is told of what, and who else when nobody answers."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_fixtures import SHOP
from pydantic import PrivateAttr, TypeAdapter

from blocks.chat.courier import Courier
from blocks.chat.kind import Chat, Message
from recovery.escalation import decide_escalation
from recovery.journal import Journal
from recovery.plan_file import read_plan
from recovery.plan_notifications import EscalationStep, Notification
from recovery.plan_references import references
from recovery.secrets import Scrubber
from recovery.telling import TOPICS, Told, decide_told, topic_of
from tasks.load_chats import load_chats
from tasks.run import ESCALATED, Run

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ENTRIES = TypeAdapter(tuple[Notification, ...]).validate_python(
    [
        "slack-chat/a",
        {"to": "pagerduty-events/b", "when": ["incident", "failed"]},
        {"to": "email-chat/c", "when": "note"},
    ]
)
STEPS = TypeAdapter(tuple[EscalationStep, ...]).validate_python(
    [{"after": "5m", "tell": "pagerduty-events/b"}, {"after": "10m", "tell": ["email-chat/c", "email-chat/d"]}]
)


@pytest.mark.parametrize(
    ("playbook", "kind", "topic"),
    [
        ("failover", "started", "incident"),
        ("failover", "needs approval", "approval"),
        ("failback", "answered", "approval"),
        ("failover", "finished", "recovered"),
        ("failover", "failed", "failed"),
        ("abandon", "failed", "failed"),
        ("failover", "note", "note"),
        ("backup", "failed", "backup failed"),
        ("backup", "note", "note"),
        ("retention", "failed", "backup failed"),
        ("verify", "failed", "verification failed"),
        ("verify-fleet", "failed", "verification failed"),
        ("drill", "started", "drill"),
        ("drill", "finished", "drill"),
        ("drill", "failed", "drill failed"),
        ("readiness", "failed", "readiness"),
        ("readiness", "note", "readiness"),
    ],
)
def test_topics(playbook: str, kind: Told, topic: str) -> None:
    assert topic_of(playbook, kind) == topic


@pytest.mark.parametrize(
    ("topic", "also", "to", "sentence"),
    [
        (
            "incident",
            [],
            ["slack-chat/a", "pagerduty-events/b"],
            "slack-chat/a, pagerduty-events/b are told of: incident.",
        ),
        ("readiness", [], ["slack-chat/a"], "slack-chat/a is told of: readiness."),
        (
            "note",
            ["pagerduty-events/b", "slack-chat/a"],
            ["slack-chat/a", "email-chat/c", "pagerduty-events/b"],
            "are told",
        ),
    ],
)
def test_who_is_told(topic: Any, also: list[str], to: list[str], sentence: str) -> None:
    decision = decide_told(ENTRIES, topic, also)
    assert (decision.verdict, decision.facts["to"]) == ("go", to)
    assert sentence in decision.sentence


def test_where_nobody_is_told_it_is_said() -> None:
    decision = decide_told(ENTRIES[1:], "readiness")
    assert (decision.verdict, decision.facts["to"]) == ("done", [])
    assert decision.sentence == "The plan tells nobody of: readiness."


def test_a_block_alone_is_told_of_everything() -> None:
    assert ENTRIES[0].when == TOPICS


@pytest.mark.parametrize(
    ("minutes", "told", "answered", "verdict", "sentence"),
    [
        (0, 0, False, "refuse", "Nobody has answered for 0.0 s; after 5 min 00 s pagerduty-events/b will be told."),
        (5, 0, False, "go", "Nobody has answered for 5 min 00 s: pagerduty-events/b told too."),
        (5, 1, False, "refuse", "after 10 min 00 s email-chat/c, email-chat/d will be told."),
        (60, 1, False, "go", "email-chat/c, email-chat/d told too."),
        (60, 2, False, "done", "Everybody whom the plan names has been told."),
        (60, 0, True, "done", "Somebody has answered: nobody else is told."),
    ],
)
def test_escalation(minutes: int, told: int, answered: bool, verdict: str, sentence: str) -> None:
    decision = decide_escalation(STEPS, NOON, told, NOON + timedelta(minutes=minutes), answered)
    assert decision.verdict == verdict
    assert sentence in decision.sentence


def test_without_steps_nobody_else_is_told() -> None:
    assert decide_escalation((), NOON, 0, NOON).sentence == "The plan names nobody else to tell."


@given(st.integers(0, 3600), st.integers(0, 2))
def test_it_is_never_told_before_its_time_and_always_at_it(seconds: int, told: int) -> None:
    at = NOON + timedelta(seconds=seconds)
    decision = decide_escalation(STEPS, NOON, told, at)
    if decision.verdict == "refuse":
        assert at < decision.facts["due"]
        assert decide_escalation(STEPS, NOON, told, decision.facts["due"]).verdict == "go"


class Recorder(Chat):
    _block_type_slug = "telling-recorder-chat"
    _got: list[Message] = PrivateAttr(default_factory=list)

    def post(self, message: Message) -> None:
        self._got.append(message)


def run_of(folder: Path, chats: dict[str, Recorder], **changes: Any) -> Run:
    plan = read_plan(SHOP).model_copy(update={"notifications": ENTRIES, "escalation": STEPS})
    scrubber = Scrubber()
    scrubber.learn("hunter22")
    fields: dict[str, Any] = {
        "playbook": "failover",
        "plan": plan,
        "incident": "shop-1",
        "folder": folder,
        "journal": Journal(folder / "journal.jsonl"),
        "blocks": {},
        "scrubber": scrubber,
        "courier": Courier(chats),
        "dry_run": False,
        "break_glass": None,
        "on_platform": False,
    }
    return Run(**{**fields, **changes})


def test_a_run_tells_whom_the_plan_names_without_secrets(tmp_path: Path) -> None:
    chats = {each.to: Recorder() for each in ENTRIES}
    run = run_of(tmp_path, chats, links={"Open the run": "http://a/"})
    run.tell(Message(incident="shop-1", kind="failed", title="hunter22", lines=("the password is hunter22",)))
    assert run.courier.close(10) == 0
    assert {name: len(chat._got) for name, chat in chats.items()} == {
        "slack-chat/a": 1,
        "pagerduty-events/b": 1,
        "email-chat/c": 0,
    }
    (message,) = chats["slack-chat/a"]._got
    assert "hunter22" not in message.model_dump_json()
    assert (message.topic, message.links) == ("failed", {"Open the run": "http://a/"})


def test_who_was_told_because_nobody_answered_hears_of_the_rest(tmp_path: Path) -> None:
    chats = {each.to: Recorder() for each in ENTRIES}
    run = run_of(tmp_path, chats)
    run.journal.write("mark", ESCALATED, "", tell=["email-chat/c"])
    run.tell(Message(incident="shop-1", kind="finished", title="through"))
    assert run.courier.close(10) == 0
    assert [each.title for each in chats["email-chat/c"]._got] == ["through"]


def test_a_dry_run_tells_nobody(tmp_path: Path) -> None:
    chats = {"slack-chat/a": Recorder()}
    run = run_of(tmp_path, chats, dry_run=True)
    run.tell(Message(incident="shop-1", kind="finished", title="through"))
    assert run.courier.close(10) == 0
    assert chats["slack-chat/a"]._got == []


def test_blocks_that_are_only_told_later_are_loaded_too() -> None:
    plan = read_plan(SHOP).model_copy(update={"escalation": STEPS})
    assert {"slack-chat/operations", "pagerduty-events/b", "email-chat/d"} <= references(plan)


def test_a_chat_that_is_missing_keeps_nobody_from_hearing_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "blocks.yaml"
    monkeypatch.setenv("LIFEBOAT_BLOCKS", str(file))
    file.write_text(
        "signed-webhook/a: {url: 'http://127.0.0.1:9/', secret: sixteen-characters}\nfiles/b: {folder: /tmp}\n"
    )
    found = asyncio.run(load_chats(["signed-webhook/a", "files/b", "slack-chat/gone"], on_platform=False))
    assert list(found) == ["signed-webhook/a"]
    assert "slack-chat/gone is not told anything" in caplog.text and "files/b is not told anything" in caplog.text
    file.write_text("signed-webhook/a: {url: 1}\n")
    assert asyncio.run(load_chats(["signed-webhook/a"], on_platform=False)) == {}
    assert "Nobody is told anything: The blocks file" in caplog.text
