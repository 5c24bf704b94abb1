"""The moments of the RTO clock: the marks of a journal and the ends of its steps, in the order of time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal

from recovery.clock_spans import Span, State
from recovery.journal import Line
from recovery.model import Frozen

# A measurement, not a moment.
DATA_LOSS = "data loss"
_BASES = {
    "last seen healthy": (
        "Counted from the last time the application was seen healthy. It may have died up to one probe later, "
        "so the true time is not longer than this."
    ),
    "detected": "Counted from its detection: when the application was last seen healthy is not on record.",
}
# Seconds between a machine's clock and a step's own stopwatch that are worth a note.
DISAGREEMENT = 2.0


class Moment(Frozen):
    """One line of the clock.

    Args:
        name: a mark, or a step that ended.
        at: when.
        kind: `mark` or `step`.
        since_outage, since_before: seconds since the outage began, and since the line before.
        took: for a step, its own seconds.
        state: for a step, how it ended.
    """

    name: str
    at: datetime
    kind: Literal["mark", "step"]
    since_outage: float
    since_before: float
    took: float | None = None
    state: State | None = None


def marks_of(lines: Sequence[Line]) -> list[tuple[datetime, str]]:
    """Every mark with the moment it stands for, which may lie before it was written, sorted by time."""
    marks = [(_moment(line), line.step) for line in lines if line.kind == "mark" and line.step != DATA_LOSS]
    return sorted(marks, key=lambda mark: mark[0])


def _moment(line: Line) -> datetime:
    try:
        at = datetime.fromisoformat(str(line.data.get("at")))
    except ValueError:
        return line.at
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def outage(lines: Sequence[Line], marks: list[tuple[datetime, str]]) -> tuple[datetime, str]:
    """When the outage began, never later than anything else on record, and a sentence on how that is known."""
    earliest = min([lines[0].at, *(at for at, _ in marks)])
    for name, basis in _BASES.items():
        at = next((at for at, mark in marks if mark == name), None)
        if at == earliest:
            return at, basis
        if at is not None:
            return earliest, f"Counted from the earliest moment on record, which lies before “{name}”."
    return earliest, "Counted from the start of the journal: no outage is marked in it."


def moments(marks: list[tuple[datetime, str]], spans: Sequence[Span], began: datetime) -> tuple[Moment, ...]:
    """Marks and ends of steps as one list."""
    rows: list[tuple[float, str, Span | None]] = [((at - began).total_seconds(), name, None) for at, name in marks]
    rows += [(span.end, span.step, span) for span in spans if span.state != "unfinished"]
    found: list[Moment] = []
    before = 0.0
    for since, name, span in sorted(rows, key=lambda row: row[0]):
        found.append(
            Moment(
                name=name,
                at=began + timedelta(seconds=since),
                kind="step" if span else "mark",
                since_outage=since,
                since_before=since - before,
                took=span.seconds if span else None,
                state=span.state if span else None,
            )
        )
        before = since
    return tuple(found)


def doubts(lines: Sequence[Line], spans: Sequence[Span]) -> tuple[str, ...]:
    """What makes the times less certain: a machine's clock that was set meanwhile."""
    back = sum(max(0.0, (one.at - two.at).total_seconds()) for one, two in pairwise(lines))
    found = [f"The machine's clock went back by {back:.3f} s in all: times are shorter than they were."] if back else []
    for line in lines:
        own = [span.seconds for span in spans if span.step == line.step and span.state == "ok"]
        if line.kind != "outcome" or line.seconds is None or not own:
            continue
        if min(abs(one - line.seconds) for one in own) > DISAGREEMENT:
            found.append(f"“{line.step}” took {line.seconds:.1f} s by its own stopwatch, not by the machine's clock.")
    return tuple(found)
