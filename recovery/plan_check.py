"""Whether a plan that reads well can work. Each check takes the plan and yields what it finds.

A plan with faulty parts is checked too: those parts are absent, and a check that meets one ends there.
"""

from collections.abc import Callable, Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from recovery.plan import Component, Plan
from recovery.plan_clock import CLOCK_CHECKS
from recovery.plan_decisions import DECISION_CHECKS
from recovery.plan_fault import Finding
from recovery.plan_people import PEOPLE_CHECKS
from recovery.plan_places import PLACE_CHECKS
from recovery.plan_ransomware_check import ransomware_is_whole
from recovery.plan_strategy_check import STRATEGY_CHECKS

Check = Callable[[Plan], Iterator[Finding]]


def check_plan(plan: Plan, partial: bool = False) -> list[Finding]:
    """Everything that keeps a plan from working.

    Args:
        plan: the plan.
        partial: it holds only the sound parts of a faulty file.
    """
    found: list[Finding] = []
    for check in (*CHECKS, *PLACE_CHECKS, *CLOCK_CHECKS):
        try:
            for finding in check(plan):
                found.append(finding)
        except AttributeError:
            if not partial:
                raise
    return found


def unknown_components(plan: Plan) -> Iterator[Finding]:
    """Every component that is named exists."""
    known = ", ".join(plan.components)
    for name, component in plan.components.items():
        for index, other in enumerate(_after(component)):
            if other not in plan.components:
                yield Finding(("components", name, "after", index), f"there is no component {other}", f"one of {known}")
    if plan.witness and plan.witness.component not in plan.components:
        yield Finding(("witness", "component"), f"there is no component {plan.witness.component}", f"one of {known}")


def cycles(plan: Plan) -> Iterator[Finding]:
    """No component waits for itself, however far around."""
    edges = {name: {*_after(each)} & plan.components.keys() for name, each in plan.components.items()}
    while ring := _ring(edges):
        waiting, awaited = ring[0], ring[1]
        yield Finding(
            ("components", waiting, "after"),
            f"components wait for each other: {' after '.join(ring)}",
            f"the list without {awaited}, or break the ring elsewhere",
        )
        edges[waiting].discard(awaited)


def _ring(edges: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        # graphlib lists each name before the one that waits for it
        return list(reversed(error.args[1]))
    return []


def probes_prove_health(plan: Plan) -> Iterator[Finding]:
    """Health means that a write goes through, and that each probe can be told apart."""
    probes, names = plan.health.probes, set[str]()
    if not any(probe.method == "POST" for probe in probes):
        what = "no probe writes, so a read-only standby would pass"
        yield Finding(("health", "probes"), what, "a probe with method: POST that writes a record marked as a probe")
    for index, probe in enumerate(probes):
        if probe.name in names:
            yield Finding(("health", "probes", index, "name"), f"two probes are named {probe.name}", "another name")
        if probe.method == "GET" and probe.body is not None:
            yield Finding(("health", "probes", index, "body"), "a GET sends no body", "method: POST, or no body")
        names.add(probe.name)


def alarm_is_sure(plan: Plan) -> Iterator[Finding]:
    """What fails over without a human must not do so on a hiccup."""
    unattended = plan.approval.mode == "policy" or plan.approval.on_timeout == "proceed"
    if plan.monitor.starts_failover and unattended and plan.monitor.failures < 3:
        what = f"{plan.monitor.failures} failed requests would start a failover that no human has to approve"
        yield Finding(("monitor", "failures"), what, "3 or more, or approval.mode: human with on_timeout: stop")


def _after(component: Component) -> Iterable[str]:
    return getattr(component, "after", ())


CHECKS: tuple[Check, ...] = (
    unknown_components,
    cycles,
    probes_prove_health,
    alarm_is_sure,
    ransomware_is_whole,
    *DECISION_CHECKS,
    *STRATEGY_CHECKS,
    *PEOPLE_CHECKS,
)
