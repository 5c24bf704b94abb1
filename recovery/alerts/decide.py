"""What a received alert leads to. Pure: the alert and the plan's rules go in; an action and its sentence come out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from recovery.alerts.alert import ReceivedAlert
from recovery.decision import Decision, done, go, refuse
from recovery.duration import say_duration
from recovery.model import Frozen
from recovery.plan_alerts import Action, AlertRule, Alerts

STRENGTH: dict[Action, int] = {"note": 0, "open": 1, "ask": 2, "start": 3}


class Choice(Frozen):
    """What to do about an alert.

    Args:
        action: see `recovery.plan_alerts`.
        sentence: why.
        lasting: how long it must have lasted before that.
    """

    action: Action
    sentence: str
    lasting: timedelta | None = None


def choose_action(rules: Alerts | None, endpoint: str, alert: ReceivedAlert, began: datetime, at: datetime) -> Choice:
    """What the plan's rules say of an alert.

    Args:
        rules: of the plan; None where the alert's application has none that this endpoint may speak of.
        endpoint: that it came in by.
        alert: the alert.
        began: when it began.
        at: now.
    """
    name = alert.labels.get("alertname") or alert.summary
    if rules is None:
        return Choice(action="note", sentence=f"{name} concerns no application that {endpoint} may speak of: noted.")
    if alert.status == "resolved":
        return Choice(action="note", sentence=f"{name} is over.")
    number, rule = next(((n, each) for n, each in enumerate(rules.rules, 1) if fits(each, endpoint, alert)), (0, None))
    if rule is None:
        return Choice(action=rules.otherwise, sentence=f"No rule of the plan fits {name}: {_SAID[rules.otherwise]}.")
    if STRENGTH[rule.then] > STRENGTH["open"] and at - began > rules.counts_for:
        return Choice(action="open", sentence=f"{name} is {_age(at - began)} old: too old to start anything.")
    said = f"{name}: rule {number} of the plan says {_SAID[rule.then]}."
    return Choice(action=rule.then, sentence=said, lasting=rule.lasting)


_SAID: dict[Action, str] = {
    "note": "to note it",
    "open": "to open an incident",
    "ask": "to ask for approval of a failover",
    "start": "to start a failover",
}


def fits(rule: AlertRule, endpoint: str, alert: ReceivedAlert) -> bool:
    """Whether a rule is about such an alert."""
    if rule.endpoints and endpoint not in rule.endpoints:
        return False
    return all(_value(alert, name) == wanted for name, wanted in rule.when.items())


def _value(alert: ReceivedAlert, name: str) -> str:
    return alert.labels.get(name, alert.severity if name == "severity" else "")


def judge_lasting(choice: Choice, began: datetime, at: datetime) -> Decision:
    """`refuse` until the alert has lasted as long as its rule wants."""
    lasting = choice.lasting or timedelta()
    if at - began >= lasting:
        return go("It has lasted long enough." if choice.lasting else "Nothing has to be waited for.")
    said = f"It began at {began:%H:%M:%S}, and must have lasted {_age(lasting)}."  # the same as long as it is so
    return refuse(said, "Wait, or start it by hand.")


def judge_begin(choice: Choice, lasted: Decision, automatic: Decision) -> Decision:
    """Whether the failover is begun now.

    Args:
        choice: `ask` or `start`.
        lasted: of `judge_lasting`.
        automatic: of `recovery.automatic.decide_automatic`; it holds back what nobody is asked about.
    """
    if choice.action not in ("ask", "start"):
        return done(choice.sentence)
    if lasted.verdict != "go":
        return lasted
    if choice.action == "ask":
        return go(f"{choice.sentence} Its approvers are asked.")
    return go(f"{choice.sentence} {automatic.sentence}") if automatic.verdict == "go" else automatic


RunState = Literal["scheduled", "running", "paused", "ended"]


def judge_over(
    firing: int, run: RunState | None, withdrawn: bool = False
) -> tuple[Literal["keep", "withdraw", "cancel", "close"], str]:
    """What becomes of an incident whose alerts may be over.

    Args:
        firing: how many of its alerts are not over.
        run: where its failover stands; None where it has none.
        withdrawn: that was taken back, so that whatever fires now is another incident.

    Returns:
        What to do and why. A failover that is under way is never touched: it asks the primary itself.
    """
    if withdrawn and run == "ended":
        return "close", "Its failover was withdrawn."
    if firing:
        return "keep", f"{firing} of its alerts are not over."
    if run is None or run == "ended":
        return "close", "All of its alerts are over."
    if run == "paused":
        return "withdraw", "All of its alerts are over before enough approved: the failover is withdrawn."
    if run == "scheduled":
        return "cancel", "All of its alerts are over before the failover began: it is cancelled."
    return "keep", "All of its alerts are over; its failover is under way and goes on."


def strongest(choices: Sequence[Choice]) -> Choice:
    """The one that asks for most; of several such the first."""
    return max(choices, key=lambda each: STRENGTH[each.action])


def _age(length: timedelta) -> str:
    return say_duration(length.total_seconds())
