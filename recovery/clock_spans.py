"""From journal lines to spans: when each attempt of a step ran, how it ended, and which ran side by side."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from recovery.journal import Line
from recovery.model import Frozen

State = Literal["ok", "failed", "refused", "found done", "would", "unfinished"]
ENDS: dict[str, State] = {
    "outcome": "ok",
    "failure": "failed",
    "refused": "refused",
    "found-done": "found done",
    "would": "would",
}
# A step looks at the world before it writes its intent, so its own stopwatch says when it began. That stopwatch and
# the machine's clock differ a little: a beginning this near to the end of another step is that step's end.
SNAP, SNAP_SHARE = 0.05, 0.001


class Span(Frozen):
    """One attempt of one step.

    Args:
        step: its name.
        attempt: from 1.
        at: when it began.
        start: seconds since the outage began.
        seconds: how long it ran, by the times of its two lines.
        state: how it ended; `unfinished` has no end on record, and is drawn up to the last sign of life.
        sentence: what the line that ended it says (the one that began it, where none did).
        lane: spans of one lane never overlap; lane 0 is always in use first.
    """

    step: str
    attempt: int
    at: datetime
    start: float
    seconds: float
    state: State
    sentence: str
    lane: int = 0

    @property
    def end(self) -> float:
        return round(self.start + self.seconds, 6)  # times have microseconds; sums of floats must not have more


class Raw(NamedTuple):
    """A span before the clock knows when the outage began."""

    step: str
    attempt: int
    start: datetime
    end: datetime
    state: State
    sentence: str


def steady(lines: Sequence[Line]) -> list[datetime]:
    """The time of each line, never going back: the order of the lines is the truth, a machine's clock may be set."""
    stamps: list[datetime] = []
    for line in lines:
        stamps.append(max(line.at, stamps[-1]) if stamps else line.at)
    return stamps


def raw_spans(lines: Sequence[Line]) -> list[Raw]:
    """Every attempt of every step, in the order they began."""
    stamps, found = steady(lines), list[Raw]()
    begun: dict[str, int] = {}
    playbooks = {line.step for line in lines if line.kind == "opened"}
    for index, line in enumerate(lines):
        if line.kind == "opened":  # A process that opens the journal again: what ran before it is dead.
            found.extend(_cut_off(lines, stamps, begun, index - 1, found))
            begun.clear()
        elif line.step in playbooks:
            continue
        elif line.kind == "intent":
            same = {line.step: begun[line.step]} if line.step in begun else {}
            found.extend(_cut_off(lines, stamps, same, index - 1, found))
            begun[line.step] = index
        elif line.kind in ENDS:
            found.append(_ended(lines, stamps, begun.pop(line.step, None), index, found))
    found.extend(_cut_off(lines, stamps, begun, len(lines) - 1, found))
    return sorted(found, key=lambda raw: (raw.start, raw.end))


def _cut_off(
    lines: Sequence[Line], stamps: list[datetime], begun: dict[str, int], last: int, found: list[Raw]
) -> list[Raw]:
    """Attempts with no end on record: they ran at most until the last sign of life."""
    return [
        Raw(step, _attempt(line, found), stamps[index], max(stamps[index], stamps[last]), "unfinished", line.sentence)
        for step, index in begun.items()
        for line in (lines[index],)
    ]


def _ended(lines: Sequence[Line], stamps: list[datetime], begun: int | None, index: int, found: list[Raw]) -> Raw:
    line, end = lines[index], stamps[index]
    intended = end if begun is None else stamps[begun]
    seconds = min(max(0.0, line.seconds or 0.0), (end - lines[0].at).total_seconds())
    start = min(intended, end - timedelta(seconds=seconds))
    near = timedelta(seconds=SNAP + SNAP_SHARE * seconds)
    nearby = [raw.end for raw in found if start < raw.end <= min(intended, start + near)]
    start = max([start, lines[0].at, *nearby, *(raw.end for raw in found if raw.step == line.step)])
    return Raw(
        line.step,
        _attempt(line if begun is None else lines[begun], found),
        min(start, end),
        end,
        ENDS[line.kind],
        line.sentence,
    )


def _attempt(line: Line, found: list[Raw]) -> int:
    given = line.data.get("attempt")
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return given
    return 1 + sum(raw.step == line.step for raw in found)


def in_lanes(raws: Sequence[Raw], begin: datetime) -> tuple[Span, ...]:
    """Gives each span the lowest lane that is free when it begins."""
    free: list[datetime] = []
    spans: list[Span] = []
    for raw in raws:
        lane = next((number for number, until in enumerate(free) if until <= raw.start), len(free))
        free[lane : lane + 1] = [raw.end]
        spans.append(
            Span(
                step=raw.step,
                attempt=raw.attempt,
                at=raw.start,
                start=(raw.start - begin).total_seconds(),
                seconds=(raw.end - raw.start).total_seconds(),
                state=raw.state,
                sentence=raw.sentence,
                lane=lane,
            )
        )
    return tuple(spans)
