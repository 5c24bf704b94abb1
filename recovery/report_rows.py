"""The rows of the drawn timeline: one a step, with a bar for each of its attempts."""

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from recovery.clock import AFTERWARDS, Clock
from recovery.clock_objectives import say
from recovery.clock_spans import Span
from recovery.report_axis import shortened, spread
from recovery.report_words import STATE_WORDS

ROW, BAR = 26.0, 14.0  # pixels
LEAST = 3.0  # no bar is drawn narrower


class Axis(NamedTuple):
    """From seconds to pixels: `left` is 0, `scale` the pixels of a second, `plot` its whole width."""

    left: float
    scale: float
    plot: float
    narrow: bool


class Bar(NamedTuple):
    x: float
    width: float
    lane: int
    look: str
    title: str


class Row(NamedTuple):
    """`y` is its bars' upper edge; `after` stands behind the last bar, or is part of the label in a narrow picture."""

    name: str
    label: str
    y: float
    bars: tuple[Bar, ...]
    after: str


class Band(NamedTuple):
    x: float
    width: float
    y: float
    height: float
    title: str


def attempts(clock: Clock) -> list[list[Span]]:
    """Every step's attempts, the steps in the order they began; the one that writes the report is no part of it yet."""
    drawn = [step for step in clock.steps if step.name not in AFTERWARDS or step.state != "unfinished"]
    return [[span for span in clock.spans if span.step == step.name] for step in drawn]


def label(spans: Sequence[Span], narrow: bool) -> str:
    return shortened(spans[0].step, 30 if narrow else 26)


def after(spans: Sequence[Span]) -> str:
    """How long it took in all, how it ended where that needs saying, and how many tries it took."""
    word = "" if spans[-1].state in ("ok", "would") else f"{STATE_WORDS[spans[-1].state]}, "
    tries = f" in {len(spans)} tries" if len(spans) > 1 else ""
    return f"{word}{say(sum(span.seconds for span in spans))}{tries}"


def rows(clock: Clock, axis: Axis, top: float) -> tuple[Row, ...]:
    """All rows, the first one's upper edge at `top`, in pixels."""
    decided = {segment.name for segment in clock.path if segment.kind == "step"}
    height = ROW + (12 if axis.narrow else 0)
    found = []
    for index, spans in enumerate(attempts(clock)):
        y = top + height * index + (12 if axis.narrow else 0)
        bars = _bars(spans, axis, spans[0].step in decided)
        found.append(Row(spans[0].step, label(spans, axis.narrow), y, bars, after(spans)))
    return tuple(found)


def _bars(spans: Sequence[Span], axis: Axis, decided: bool) -> tuple[Bar, ...]:
    edges = [(span.start * axis.scale, span.seconds * axis.scale) for span in spans]
    return tuple(
        Bar(
            axis.left + x,
            width,
            span.lane,
            span.state.replace(" ", "-") + (" decided" if decided else ""),
            _title(span),
        )
        for span, (x, width) in zip(spans, spread(edges, LEAST, max(axis.plot, LEAST)), strict=True)
    )


def _title(span: Span) -> str:
    attempt = f", attempt {span.attempt}" if span.attempt > 1 else ""
    times = f"{say(span.seconds)}, from {say(span.start)} to {say(span.end)}"
    return f"{span.step}{attempt}: {STATE_WORDS[span.state]}, {times}"


def bands(clock: Clock, drawn: Sequence[Row], axis: Axis) -> tuple[Band, ...]:
    """One for every stretch in which the same two or more steps ran at the same time."""
    heights = {row.name: row.y for row in drawn}
    edges = sorted({edge for span in clock.spans for edge in (span.start, span.end)})
    pairs = [
        (start, end, tuple(s.step for s in clock.spans if s.start < end and s.end > start and s.step in heights))
        for start, end in pairwise(edges)
    ]
    found = []
    for steps, group in groupby(pairs, key=lambda pair: pair[2]):
        stretch = list(group)
        start, end = stretch[0][0], stretch[-1][1]
        if len(steps) < 2 or (end - start) * axis.scale < 1:
            continue
        ys = [heights[step] for step in steps]
        title = f"{len(steps)} at the same time, for {say(end - start)}: {', '.join(steps)}"
        x, width = axis.left + start * axis.scale, (end - start) * axis.scale
        found.append(Band(x, width, min(ys) - 4, max(ys) - min(ys) + BAR + 8, title))
    return tuple(found)
