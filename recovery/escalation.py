"""Who else is told where nobody answers. Pure: what is known goes in, a decision and its sentence come out."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from recovery.decision import Decision, done, go, refuse
from recovery.duration import say_duration
from recovery.plan_notifications import EscalationStep


def decide_escalation(
    steps: Sequence[EscalationStep], asked: datetime, told: int, at: datetime, answered: bool = False
) -> Decision:
    """Whether it is time to tell more people.

    Args:
        steps: of the plan, the earliest first.
        asked: when people were asked.
        told: how many of the steps have been taken.
        at: now.
        answered: somebody has answered.

    Returns:
        `go` with the blocks under `tell`; `refuse` where it is too early, with the moment under `due`; `done` where
        there is nothing more to do.
    """
    if answered:
        return done("Somebody has answered: nobody else is told.")
    if told >= len(steps):
        return done("Everybody whom the plan names has been told." if steps else "The plan names nobody else to tell.")
    step, waited = steps[told], at - asked
    names = ", ".join(step.tell)
    if waited < step.after:
        sentence = f"Nobody has answered for {_say(waited)}; after {_say(step.after)} {names} will be told."
        return refuse(sentence, "Answer, or wait.", due=asked + step.after, tell=list(step.tell))
    return go(f"Nobody has answered for {_say(waited)}: {names} told too.", tell=list(step.tell), step=told + 1)


def _say(length: timedelta) -> str:
    return say_duration(max(0.0, length.total_seconds()))
