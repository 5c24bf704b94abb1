"""What an alert leads to: every branch, by its sentence."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from plan_fixtures import SHOP

from recovery.alerts.alert import ReceivedAlert
from recovery.alerts.decide import Choice, choose_action, judge_begin, judge_lasting, judge_over, strongest
from recovery.asked import asked_of_people
from recovery.decision import go, refuse
from recovery.errors import Refused
from recovery.plan_alerts import Alerts
from recovery.plan_approval import Approval
from recovery.plan_file import read_plan

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
RULES = Alerts.model_validate(
    {
        "rules": [
            {"when": {"alertname": "ShopDown", "severity": "critical"}, "then": "start", "lasting": "30s"},
            {"when": {"severity": "critical"}, "endpoints": ["grafana"], "then": "ask"},
        ],
        "otherwise": "open",
    }
)


def alert(name: str = "ShopDown", severity: str = "critical", **fields: Any) -> ReceivedAlert:
    usual: dict[str, Any] = {
        "source": "alertmanager",
        "fingerprint": "f",
        "group": "g",
        "status": "firing",
        "starts_at": AT,
        "application": "shop",
        "severity": severity,
        "summary": "The shop is down",
        "labels": {"alertname": name},
    }
    return ReceivedAlert.model_validate({**usual, **fields})


@pytest.mark.parametrize(
    ("received", "endpoint", "age", "action", "says"),
    [
        (alert(), "prometheus", 1, "start", "ShopDown: rule 1 of the plan says to start a failover."),
        (alert(), "prometheus", 1300, "open", "ShopDown is 21 min 40 s old: too old to start anything."),
        (alert("Slow"), "grafana", 1, "ask", "Slow: rule 2 of the plan says to ask for approval of a failover."),
        (alert("Slow"), "prometheus", 1, "open", "No rule of the plan fits Slow: to open an incident."),
        (alert(severity="info"), "grafana", 1, "open", "No rule of the plan fits ShopDown: to open an incident."),
        (alert(status="resolved"), "prometheus", 1, "note", "ShopDown is over."),
    ],
)
def test_rules(received: ReceivedAlert, endpoint: str, age: float, action: str, says: str) -> None:
    choice = choose_action(RULES, endpoint, received, AT, AT + timedelta(seconds=age))
    assert (choice.action, choice.sentence) == (action, says)


def test_nothing_without_a_plan_that_the_endpoint_may_speak_of() -> None:
    choice = choose_action(None, "grafana", alert(), AT, AT)
    assert choice.action == "note"
    assert choice.sentence == "ShopDown concerns no application that grafana may speak of: noted."


START = Choice(action="start", sentence="A rule says so.", lasting=timedelta(seconds=30))


def test_it_must_have_lasted() -> None:
    early = judge_lasting(START, AT, AT + timedelta(seconds=29))
    assert (early.verdict, early.sentence) == ("refuse", "It began at 12:00:00, and must have lasted 30.0 s.")
    assert judge_lasting(START, AT, AT + timedelta(seconds=30)).verdict == "go"
    assert judge_begin(START, early, go("")) == early


def test_a_start_is_held_back_by_the_plan_and_a_question_is_not() -> None:
    lasted, held = go("Long enough."), refuse("It is patching until noon.", "Wait.")
    assert judge_begin(START, lasted, held) == held
    assert judge_begin(START, lasted, go("2 of 3 call it dead.")).sentence == "A rule says so. 2 of 3 call it dead."
    ask = Choice(action="ask", sentence="A rule says so.")
    assert judge_begin(ask, lasted, held).sentence == "A rule says so. Its approvers are asked."
    assert judge_begin(Choice(action="open", sentence="No."), lasted, lasted).verdict == "done"


@pytest.mark.parametrize(
    ("firing", "run", "withdrawn", "what", "says"),
    [
        (2, None, False, "keep", "2 of its alerts are not over."),
        (1, "paused", False, "keep", "1 of its alerts are not over."),
        (0, None, False, "close", "All of its alerts are over."),
        (0, "ended", False, "close", "All of its alerts are over."),
        (0, "paused", False, "withdraw", "before enough approved: the failover is withdrawn."),
        (0, "scheduled", False, "cancel", "before the failover began: it is cancelled."),
        (0, "running", False, "keep", "its failover is under way and goes on."),
        (3, "ended", True, "close", "Its failover was withdrawn."),
        (3, "running", True, "keep", "3 of its alerts are not over."),
    ],
)
def test_what_is_over(firing: int, run: Any, withdrawn: bool, what: str, says: str) -> None:
    decided, sentence = judge_over(firing, run, withdrawn)
    assert decided == what
    assert says in sentence


def test_the_strongest_wins() -> None:
    ask, note = Choice(action="ask", sentence=""), Choice(action="note", sentence="")
    assert strongest([note, ask, START, note]) == START
    assert strongest([note, ask]) == ask


def test_people_are_asked_whatever_the_plan_says_and_never_where_it_lists_none() -> None:
    plan = read_plan(SHOP)
    with pytest.raises(Refused, match="lists no approvers"):
        asked_of_people(plan)
    listed = Approval.model_validate(
        {"mode": "policy", "on_timeout": "proceed", "approvers": [{"name": "ada"}, {"name": "ben"}]}
    )
    asked = asked_of_people(plan.model_copy(update={"approval": listed})).approval
    assert (asked.mode, asked.on_timeout, asked.approvers) == ("human", "stop", listed.approvers)
