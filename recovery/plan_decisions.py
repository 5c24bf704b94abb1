"""Whether what a plan says of failovers that start by themselves can ever hold, and holds for good reason."""

from collections.abc import Iterator

from recovery.duration import say_duration
from recovery.plan import Plan
from recovery.plan_fault import Finding


def counts_fit(plan: Plan) -> Iterator[Finding]:
    """No count is out of fewer than itself."""
    for count, of in (("failures", "of"), ("passes", "passes_of")):
        wanted, window = getattr(plan.monitor, count), getattr(plan.monitor, of)
        if window is not None and window < wanted:
            what = f"{wanted} of {window} can never be"
            yield Finding(("monitor", of), what, f"{wanted} or more, or nothing: then {count} must be in a row")


def quorum_can_be_found(plan: Plan) -> Iterator[Finding]:
    """There are as many vantage points as must agree, and they are most of them."""
    names, quorum = plan.automatic.vantage_points, plan.automatic.quorum
    if len(set(names)) < len(names):
        yield Finding(("automatic", "vantage_points"), "a vantage point is named twice", "each name once")
    there = max(1, len(set(names)))
    if quorum > there:
        what = f"{quorum} vantage points must agree, and there are {there}"
        yield Finding(("automatic", "quorum"), what, f"{there // 2 + 1}, or more vantage_points")
    elif quorum * 2 <= there:
        what = f"{quorum} of {there} vantage points may be just those that are cut off themselves"
        yield Finding(("automatic", "quorum"), what, f"{there // 2 + 1}: more than half of them")


def fresh_outlasts_probes(plan: Plan) -> Iterator[Finding]:
    """What a vantage point saw still counts when it sees the next thing."""
    fresh, every = plan.automatic.fresh, plan.monitor.every
    if len(plan.automatic.vantage_points) > 1 and fresh < 3 * every:
        what = f"what is seen every {say_duration(every.total_seconds())} would soon not count any more"
        yield Finding(("automatic", "fresh"), what, f"at least {say_duration((3 * every).total_seconds())}")


DECISION_CHECKS = (counts_fit, quorum_can_be_found, fresh_outlasts_probes)
