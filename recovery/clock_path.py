"""What decided the recovery time: the critical path, and the time in which nothing ran."""

from collections.abc import Sequence
from typing import Literal

from recovery.clock_spans import Span
from recovery.model import Frozen

Mark = tuple[float, str]  # Seconds since the outage began, and the mark's name.
BETWEEN = "between steps"


class Segment(Frozen):
    """A stretch of time, with what it went into.

    Args:
        name: the step, or what was waited for.
        kind: `step` ran; in a `wait` no step ran that the recovery then went on from.
        start: seconds since the outage began.
        seconds: its length.
        share: of the whole, 0 to 1.
    """

    name: str
    kind: Literal["step", "wait"]
    start: float
    seconds: float
    share: float

    @property
    def end(self) -> float:
        return round(self.start + self.seconds, 6)


def critical_path(spans: Sequence[Span], marks: Sequence[Mark], until: float) -> tuple[Segment, ...]:
    """Walks back from the end: which step ended last before this one could begin, and before that one, and so on.

    Args:
        spans: every attempt.
        marks: the moments that name what was waited for.
        until: where the recovery ended, in seconds since the outage began.

    Returns:
        Segments from the outage to the end, without gaps: their lengths add up to `until`.
    """
    backwards: list[Segment] = []
    cursor = until
    while True:
        earlier = [
            span for span in spans if span.seconds > 0 and span.start < cursor and min(span.end, until) <= cursor
        ]
        if not earlier:
            break
        last = max(earlier, key=lambda span: (min(span.end, until), span.state == "unfinished", -span.start))
        end = min(last.end, until)
        backwards.extend(reversed(_waits(end, cursor, marks, until)))
        backwards.append(_segment(last.step, "step", last.start, end, until))
        cursor = last.start
    backwards.extend(reversed(_waits(0.0, cursor, marks, until)))
    return tuple(reversed(backwards))


def idle(spans: Sequence[Span], marks: Sequence[Mark], until: float) -> tuple[Segment, ...]:
    """Every stretch from the outage to the end in which no step ran at all."""
    found: list[Segment] = []
    busy_until = 0.0
    for span in sorted(spans, key=lambda span: span.start):
        found.extend(_waits(busy_until, min(span.start, until), marks, until))
        busy_until = max(busy_until, span.end)
    found.extend(_waits(busy_until, until, marks, until))
    return tuple(found)


def _waits(start: float, end: float, marks: Sequence[Mark], until: float) -> list[Segment]:
    """The stretch, cut at the marks in it: each piece is named after the mark that ended it."""
    if end <= start:
        return []
    pieces: list[Segment] = []
    for moment, name in sorted(marks, key=lambda mark: mark[0]):
        if start < moment <= end:
            pieces.append(_segment(f"until {name}", "wait", start, moment, until))
            start = moment
    return [*pieces, _segment(BETWEEN, "wait", start, end, until)] if start < end else pieces


def _segment(name: str, kind: Literal["step", "wait"], start: float, end: float, until: float) -> Segment:
    return Segment(
        name=name, kind=kind, start=start, seconds=round(end - start, 6), share=(end - start) / until if until else 0.0
    )
