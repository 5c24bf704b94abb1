"""The steps of a failover, what each waits for, and what is known of how long it takes. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median

from recovery.clock_spans import raw_spans
from recovery.forecast_order import CATCH_UP, DETECTION, RESTORE, START, order_of
from recovery.journal import Line
from recovery.model import Frozen
from recovery.plan import Plan

# What a step is taken to last where nothing was ever measured, in seconds; on the long side, by what such steps do.
ASSUMED = {
    START: 10.0,
    "declare incident": 5.0,
    "choose backup": 10.0,
    "plan Terraform": 60.0,
    "approve": 300.0,
    "fence primary": 30.0,
    "apply Terraform": 600.0,
    "measure data loss": 10.0,
    "promote standby": 30.0,
    "configure standby": 180.0,
    "probe health": 60.0,
    "swap DNS": 10.0,
    "probe DNS": 60.0,
    "take site out": 10.0,
    "fence site": 30.0,
    "probe rotation": 60.0,
}
ASSUMED_RESTORE, ASSUMED_CATCH_UP = 1800.0, 10.0
MOST = 50  # the newest measurements of a step that count: an infrastructure of years ago tells nothing
RETRY_WAIT = 2.0  # seconds between two attempts


class Measured(Frozen):
    """What is known of one step.

    Args:
        name: the step.
        after: the steps that must have ended before it begins.
        seconds: how long attempts took that succeeded, the newest last; empty where nothing was measured.
        failed: seconds of attempts that failed.
        assumed: what it is taken to last where nothing was measured.
    """

    name: str
    after: tuple[str, ...]
    seconds: tuple[float, ...] = ()
    failed: tuple[float, ...] = ()
    assumed: float = 0.0

    @property
    def typical(self) -> float:
        """Its median, or what is assumed."""
        return median(self.seconds) if self.seconds else self.assumed

    @property
    def failure_rate(self) -> float:
        """How likely an attempt fails: with one more success and one more failure than were seen (rule of succession),
        where anything failed; else none."""
        if not self.failed:
            return 0.0
        return (len(self.failed) + 1) / (len(self.failed) + len(self.seconds) + 2)


def steps_of(plan: Plan, journals: Iterable[Sequence[Line]]) -> tuple[Measured, ...]:
    """Every step of the plan's failover, in an order in which each stands after those it waits for.

    Args:
        plan: the application's.
        journals: of its failovers, drills and verifications, the oldest first. Dry runs are left out. A verification
            restores the same data by the same step, so that it counts for the restores.
    """
    done: dict[str, list[float]] = {}
    failed: dict[str, list[float]] = {}
    for lines in journals:
        if lines and not lines[0].data.get("dry_run"):
            _collect(lines, plan, done, failed)
    return tuple(_known(name, after, plan, done, failed) for name, after in order_of(plan))


def _collect(lines: Sequence[Line], plan: Plan, done: dict[str, list[float]], failed: dict[str, list[float]]) -> None:
    only_restores = lines[0].step == "verify"
    for raw in raw_spans(lines):
        if only_restores and not raw.step.startswith(RESTORE):
            continue
        seconds = (raw.end - raw.start).total_seconds()
        if raw.state == "ok":
            done.setdefault(raw.step, []).append(seconds)
        elif raw.state == "failed":
            failed.setdefault(raw.step, []).append(seconds)
    if not only_restores and (waited := _start_of(lines)) is not None:
        done.setdefault(START, []).append(waited)


def _start_of(lines: Sequence[Line]) -> float | None:
    """Seconds from the alert to the first line of the run that it started."""
    at = {line.step: str(line.data.get("at")) for line in lines if line.kind == "mark"}
    try:
        return (datetime.fromisoformat(at["started"]) - datetime.fromisoformat(at["alerted"])).total_seconds()
    except (KeyError, TypeError, ValueError):
        return None


def _known(
    name: str, after: tuple[str, ...], plan: Plan, done: dict[str, list[float]], failed: dict[str, list[float]]
) -> Measured:
    if name == DETECTION:
        least = plan.monitor.every.total_seconds() * plan.monitor.failures
        return Measured(name=name, after=after, assumed=least)
    assumed = ASSUMED.get(name, ASSUMED_CATCH_UP if name.startswith(CATCH_UP) else ASSUMED_RESTORE)
    if name == "approve":
        assumed = 0.0 if plan.approval.mode == "policy" else plan.approval.within.total_seconds()
    if name in ("probe DNS", "probe rotation"):
        assumed = max(plan.dns.ttl.total_seconds(), 1.0)
    return Measured(
        name=name,
        after=after,
        seconds=tuple(done.get(name, [])[-MOST:]),
        failed=tuple(failed.get(name, [])[-MOST:]),
        assumed=assumed,
    )
