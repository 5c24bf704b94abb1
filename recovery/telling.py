"""What people can be told of, and who is told. Pure: the plan's entries go in, a decision comes out."""

from collections.abc import Collection, Sequence
from typing import Literal, get_args

from recovery.decision import Decision, done, go
from recovery.plan_notifications import Notification, Topic

Told = Literal["started", "needs approval", "answered", "finished", "failed", "note"]

_RECOVERY: dict[str, Topic] = {
    "started": "incident",
    "needs approval": "approval",
    "answered": "approval",
    "finished": "recovered",
    "failed": "failed",
}
_FAILED: dict[str, Topic] = {
    "backup": "backup failed",
    "retention": "backup failed",
    "rotate-keys": "backup failed",
    "verify": "verification failed",
    "verify-fleet": "verification failed",
    "drill": "drill failed",
}
TOPICS: tuple[Topic, ...] = get_args(Topic)


def topic_of(playbook: str, kind: Told) -> Topic:
    """What a playbook's message is of, in the words of the plan.

    Args:
        playbook: its name.
        kind: what happened.
    """
    if playbook == "readiness":
        return "readiness"
    if kind == "note":
        return "note"
    if kind == "failed":
        return _FAILED.get(playbook, "failed")
    if playbook == "drill":
        return "drill"
    return _RECOVERY[kind] if playbook not in _FAILED else "note"


def decide_told(entries: Sequence[Notification], topic: Topic, also: Collection[str] = ()) -> Decision:
    """Who is told of a topic.

    Args:
        entries: the plan's `notifications`.
        topic: what of.
        also: blocks that hear of everything of this incident, as it was escalated to them.

    Returns:
        `go` with the blocks under `to`, or `done` where the plan tells nobody.
    """
    told = [each.to for each in entries if topic in each.when]
    to = list(dict.fromkeys([*told, *also]))
    if not to:
        return done(f"The plan tells nobody of: {topic}.", to=[])
    return go(f"{', '.join(to)} {'is' if len(to) == 1 else 'are'} told of: {topic}.", to=to)
