"""What was promised against what was measured: recovery time and lost data."""

from collections.abc import Sequence
from typing import Any, Literal

from recovery.clock_marks import DATA_LOSS
from recovery.duration import say_duration
from recovery.journal import Line
from recovery.model import Frozen

Ending = Literal["recovered", "failed", "refused", "dry run", "unfinished", "nothing to do"]

_UNTIMED = {"dry run": "A dry run recovers nothing", "nothing to do": "There was nothing to recover"}


class Objective(Frozen):
    """One promise and how it was kept.

    Args:
        name: `RTO` or `RPO`.
        seconds: what was measured, or None.
        allowed: what was promised, in seconds, or None where the journal does not say.
        met: None where it cannot be told.
        sentence: all of that in words.
    """

    name: Literal["RTO", "RPO"]
    seconds: float | None
    allowed: float | None
    met: bool | None
    sentence: str

    @property
    def share(self) -> float | None:
        """How much of what was allowed is used up; above 1 it is missed."""
        return self.seconds / self.allowed if self.seconds is not None and self.allowed else None


def say(seconds: float) -> str:
    """A duration in words: milliseconds where tenths of a second say too little, no zeros at the end."""
    if 0 < seconds < 0.0995:
        return f"{max(1, round(seconds * 1000))} ms"
    if 59.95 <= seconds < 60:
        return "1 min"
    said = say_duration(round(seconds, 3))
    return said.removesuffix(" 00 s").removesuffix(" 00 min") if seconds >= 60 else said.replace(".0 s", " s")


def number(value: Any) -> float | None:
    """A number out of a journal line, or None."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def judge_rto(lines: Sequence[Line], ending: Ending, elapsed: float) -> Objective:
    """Recovery time against its objective. `elapsed` in seconds, to the recovery or to the last line."""
    allowed = _allowed(lines, "rto_seconds")
    of = f" of {say(allowed)} allowed" if allowed else ""
    if ending in _UNTIMED:
        sentence = f"{_UNTIMED[ending]}, so no time was measured."
        return Objective(name="RTO", seconds=None, allowed=allowed, met=None, sentence=sentence)
    if ending != "recovered":
        met = False if allowed and elapsed > allowed else None
        sentence = f"Not recovered: {say(elapsed)}{of} had gone by when the journal ends."
        return Objective(name="RTO", seconds=None, allowed=allowed, met=met, sentence=sentence)
    met = elapsed <= allowed if allowed else None
    over = f", {say(elapsed - allowed)} too long" if allowed and not met else ""
    sentence = f"Recovered in {say(elapsed)}{of}{over}."
    return Objective(name="RTO", seconds=elapsed, allowed=allowed, met=met, sentence=sentence)


def judge_rpo(lines: Sequence[Line], ending: Ending) -> Objective:
    """Lost data against its objective, as the journal's `data loss` mark measured it."""
    allowed = _allowed(lines, "rpo_seconds")
    data = next((line.data for line in reversed(lines) if line.kind == "mark" and line.step == DATA_LOSS), {})
    seconds = number(data.get("rpo_seconds"))
    if seconds is None:
        why = "there was none to measure" if ending in _UNTIMED else "it was not measured"
        return Objective(name="RPO", seconds=None, allowed=allowed, met=None, sentence=f"Lost data: {why}.")
    of = f" of {say(allowed)} allowed" if allowed else ""
    met = seconds <= allowed if allowed else None
    over = f", {say(seconds - allowed)} too much" if allowed and not met else ""
    nothing = seconds == 0 and not number(data.get("lost"))
    sentence = "No data was lost." if nothing else f"{say(seconds)} of data lost{of}{over}."
    return Objective(name="RPO", seconds=seconds, allowed=allowed, met=met, sentence=sentence)


def _allowed(lines: Sequence[Line], key: str) -> float | None:
    for line in lines:
        plan = line.data.get("plan")
        if line.kind == "opened" and isinstance(plan, dict):
            return number(plan.get(key))
    return None
