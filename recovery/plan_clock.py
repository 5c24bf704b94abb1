"""Whether a plan's times fit together: the schedules with the RPO, and the waits with the RTO."""

from collections.abc import Iterator
from datetime import timedelta

from recovery.duration import say_duration
from recovery.plan import Plan
from recovery.plan_fault import Finding, Where
from recovery.schedule import DAYS, worst_age


def schedule_meets_rpo(plan: Plan) -> Iterator[Finding]:
    """The newest verified backup never gets older than the RPO. See `recovery.schedule.worst_age`.

    It need not where no failover restores one: where each component has a replica, or both sites serve.
    """
    if plan.strategy == "active-active" or all(getattr(part, "replica", None) for part in plan.components.values()):
        return
    backup, rpo = plan.backup, plan.objectives.rpo
    worst = worst_age(backup.schedule, backup.verify_schedule, backup.timezone, backup.allowance)
    where: Where = ("backup", "schedule")
    if worst is None:
        what = f"within {DAYS} days these schedules never bring a verified backup"
        yield Finding(where, what, "schedules that run, such as */15 * * * * and */30 * * * *")
    elif worst.age > rpo:
        what = (
            f"the schedules cannot meet the RPO of {_say(rpo)}: the newest verified backup gets {_say(worst.age)} old "
            f"(data of {worst.data_from:%d %B %H:%M} UTC, until the next is verified at {worst.until:%d %B %H:%M} UTC)"
        )
        instead = (
            f"a schedule and verify_schedule that run more often, timezone: UTC, or objectives.rpo: {_up(worst.age)}"
        )
        yield Finding(where, what, instead)


def ttl_fits(plan: Plan) -> Iterator[Finding]:
    """Resolvers let go of the old address in time."""
    if plan.dns.ttl > plan.objectives.rto:
        what = f"resolvers may keep the old address for {_say(plan.dns.ttl)}, longer than the RTO"
        yield Finding(("dns", "ttl"), what, f"far less than {_say(plan.objectives.rto)}, such as 30s")


def drain_outlasts_ttl(plan: Plan) -> Iterator[Finding]:
    """The wait for the resolvers is not given up before they can have changed."""
    if plan.dns.drain <= plan.dns.ttl:
        what = (
            f"the wait ends after {_say(plan.dns.drain)}, before resolvers drop the old address ({_say(plan.dns.ttl)})"
        )
        yield Finding(("dns", "drain"), what, f"more than {_say(plan.dns.ttl)}: twice the ttl is a good choice")


def waits_fit(plan: Plan) -> Iterator[Finding]:
    """No wait alone takes longer than the RTO; nor do all of them together, one after the other."""
    rto, whole = plan.objectives.rto, timedelta(0)
    for where, name, wait in _waits(plan):
        whole += wait
        if wait > rto:
            what = f"{name} may take {_say(wait)}, longer than the RTO of {_say(rto)}"
            yield Finding(where, what, f"less, or an objectives.rto above {_say(wait)}")
            return
    if whole > rto:
        parts = ", ".join(f"{name} {_say(wait)}" for _, name, wait in _waits(plan))
        what = f"the waits alone may take {_say(whole)}, longer than the RTO of {_say(rto)}: {parts}"
        yield Finding(("objectives", "rto"), what, f"more than {_say(whole)}, or shorter waits")


def _waits(plan: Plan) -> Iterator[tuple[Where, str, timedelta]]:
    yield ("monitor", "failures"), "noticing the failure", plan.monitor.every * plan.monitor.failures
    if plan.approval.mode == "human":
        yield ("approval", "within"), "the approval", plan.approval.within
    yield ("health", "within"), "health and drain", plan.health.within + plan.dns.drain


def _say(length: timedelta) -> str:
    return say_duration(length.total_seconds())


def _up(length: timedelta) -> str:
    """The length, rounded up to whole minutes, as a plan writes it."""
    return f"{-(-int(length.total_seconds()) // 60)}m"


CLOCK_CHECKS = (schedule_meets_rpo, ttl_fits, drain_outlasts_ttl, waits_fit)
