"""The recovery time that is to be expected, from the measured history of every step. Pure: the dice are given to it.

Ten thousand recoveries are played: each step takes as long as in one of its measured attempts, drawn by chance, and
fails as often as it did. A step of which nothing was measured takes what is assumed, give or take half.
"""

from collections.abc import Sequence
from random import Random
from statistics import quantiles

from recovery.duration import say_duration
from recovery.forecast_steps import RETRY_WAIT, Measured
from recovery.model import Frozen

RUNS = 10_000
ATTEMPTS = 3  # after so many failed attempts a person has to help: it counts as not recovered in time
SPREAD = 0.5


class Helps(Frozen):
    """By how many seconds the median recovery would be shorter if one step took no time at all."""

    step: str
    seconds: float


class Forecast(Frozen):
    """What is to be expected.

    Args:
        p50, p95: half, and 95 of 100, of the recoveries that get through take at most so many seconds.
        within: the share of all recoveries that end within the objective.
        stuck: the share that needs a person, since a step failed again and again.
        objective: the RTO in seconds.
        path: the steps that decide the typical recovery, in their order, each with its typical seconds.
        helps: the steps whose shortening would help, the most first.
        unmeasured: steps of which nothing was ever measured, so that their time is assumed.
        runs: how many recoveries were played.
    """

    p50: float
    p95: float
    within: float
    stuck: float
    objective: float
    path: tuple[tuple[str, float], ...]
    helps: tuple[Helps, ...]
    unmeasured: tuple[str, ...]
    runs: int

    @property
    def sentence(self) -> str:
        against = "within" if self.p95 <= self.objective else "NOT within"
        return (
            f"Recovery is expected within {say_duration(self.p50)} (half of the time) and {say_duration(self.p95)} "
            f"(95 of 100 times): {against} the objective of {say_duration(self.objective)}, "
            f"which {self.within:.1%} of {self.runs:,} simulated recoveries meet."
        )


def forecast(steps: Sequence[Measured], objective: float, dice: Random, runs: int = RUNS) -> Forecast:
    """Plays recoveries.

    Args:
        steps: each after those that it waits for.
        objective: the RTO in seconds.
        dice: where chance comes from.
        runs: how many to play.
    """
    totals = [_play(steps, dice) for _ in range(runs)]
    through = sorted(total for total in totals if total is not None)
    spread = quantiles(through, n=100, method="inclusive") if len(through) > 1 else through * 99
    typical = {step.name: step.typical for step in steps}
    return Forecast(
        p50=spread[49] if spread else 0.0,
        p95=spread[94] if spread else 0.0,
        within=sum(total <= objective for total in through) / runs,
        stuck=1 - len(through) / runs,
        objective=objective,
        path=tuple((name, typical[name]) for name in _path(steps, typical)),
        helps=_helps(steps, typical),
        unmeasured=tuple(step.name for step in steps if not step.seconds and step.assumed),
        runs=runs,
    )


def say_outcome(expected: Forecast, seconds: float) -> str:
    """How a recovery that took so many seconds compares with what was expected of it."""
    if seconds <= expected.p50:
        return f"It took {say_duration(seconds)}; half were expected to take {say_duration(expected.p50)} or less."
    if seconds <= expected.p95:
        return f"It took {say_duration(seconds)}, as expected: at most {say_duration(expected.p95)} in 95 of 100."
    return (
        f"It took {say_duration(seconds)}, longer than was expected in 95 of 100 ({say_duration(expected.p95)}): "
        "find the step that took longer than it ever did."
    )


def _play(steps: Sequence[Measured], dice: Random) -> float | None:
    """The seconds of one recovery, or None where a step goes on failing."""
    ends: dict[str, float] = {}
    for step in steps:
        took = _draw(step, dice)
        if took is None:
            return None
        ends[step.name] = max((ends[name] for name in step.after), default=0.0) + took
    return max(ends.values(), default=0.0)


def _draw(step: Measured, dice: Random) -> float | None:
    lost = 0.0
    for _ in range(ATTEMPTS):
        if not step.failed or dice.random() >= step.failure_rate:
            if step.seconds:
                return lost + dice.choice(step.seconds)
            return lost + step.assumed * dice.uniform(1 - SPREAD, 1 + SPREAD)
        lost += dice.choice(step.failed) + RETRY_WAIT
    return None


def _path(steps: Sequence[Measured], typical: dict[str, float]) -> list[str]:
    """The chain of steps that decides the end, where each takes its typical time."""
    ends: dict[str, float] = {}
    for step in steps:
        ends[step.name] = max((ends[name] for name in step.after), default=0.0) + typical[step.name]
    after = {step.name: step.after for step in steps}
    chain, here = [], max(ends, key=lambda name: ends[name], default=None)
    while here is not None:
        chain.append(here)
        here = max(after[here], key=lambda name: ends[name], default=None)
    return chain[::-1]


def _helps(steps: Sequence[Measured], typical: dict[str, float]) -> tuple[Helps, ...]:
    whole = _length(steps, typical)
    gains = [Helps(step=step.name, seconds=whole - _length(steps, typical | {step.name: 0.0})) for step in steps]
    return tuple(sorted((gain for gain in gains if gain.seconds > 0), key=lambda gain: -gain.seconds))


def _length(steps: Sequence[Measured], seconds: dict[str, float]) -> float:
    ends: dict[str, float] = {}
    for step in steps:
        ends[step.name] = max((ends[name] for name in step.after), default=0.0) + seconds[step.name]
    return max(ends.values(), default=0.0)
