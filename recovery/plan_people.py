"""Whether what a plan says of people can work: who is told of what, and who else when nobody answers."""

from collections.abc import Iterator

from recovery.duration import say_duration
from recovery.plan import Plan
from recovery.plan_fault import Finding
from recovery.plan_notifications import Topic

GRAVE: tuple[Topic, ...] = ("incident", "failed", "recovered")


def people_are_told(plan: Plan) -> Iterator[Finding]:
    """Somebody hears of it. An empty list in the plan is a decision that nobody should make by oversight."""
    if plan.notifications:
        return
    reason = "nobody would hear of a recovery"
    if plan.approval.mode == "human":
        reason = "nobody would hear that an approval is awaited"
    elif not plan.monitor.starts_failover:
        reason = "the monitor's alert starts nothing and nobody would hear of it"
    yield Finding(("notifications",), reason, "notifications: [slack-chat/operations], a chat block of yours")


def somebody_is_told_of_what_matters(plan: Plan) -> Iterator[Finding]:
    """Entries that leave something out do not all leave out the same."""
    told = {topic for each in plan.notifications for topic in each.when}
    wanted: tuple[Topic, ...] = GRAVE
    wanted += ("approval",) if plan.approval.mode == "human" else ()
    wanted += () if plan.monitor.starts_failover else ("outage",)
    missing = [topic for topic in wanted if topic not in told]
    if plan.notifications and missing:
        what = f"nobody would hear of: {', '.join(missing)}"
        yield Finding(("notifications",), what, f"an entry with when: [{', '.join(missing)}], or one without when")


def each_place_is_told_once(plan: Plan) -> Iterator[Finding]:
    """No block stands twice, where every message would come twice or nobody knows which entry counts."""
    seen = set[str]()
    for index, each in enumerate(plan.notifications):
        if each.to in seen:
            yield Finding(("notifications", index), f"{each.to} stands here twice", "one entry with all of its when")
        seen.add(each.to)


def escalation_comes_in_time(plan: Plan) -> Iterator[Finding]:
    """Its steps come one after the other, and before it is too late to answer."""
    before = None
    for index, step in enumerate(plan.escalation):
        where, after = ("escalation", index, "after"), say_duration(step.after.total_seconds())
        if before is not None and step.after <= before:
            what = f"this step comes after {after}, not later than the one before it"
            yield Finding(where, what, f"more than {say_duration(before.total_seconds())}")
        if plan.approval.mode == "human" and step.after >= plan.approval.within:
            within = say_duration(plan.approval.within.total_seconds())
            what = f"after {after} an approval is not awaited any more: it is for {within}"
            yield Finding(where, what, f"less than {within}, or a longer approval.within")
        before = step.after


PEOPLE_CHECKS = (people_are_told, somebody_is_told_of_what_matters, each_place_is_told_once, escalation_comes_in_time)
