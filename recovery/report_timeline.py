"""The timeline drawn as a picture: one row a step, steps that ran side by side visibly so, marks as vertical lines."""

from collections.abc import Sequence
from typing import NamedTuple

from recovery.clock import Clock
from recovery.clock_objectives import say
from recovery.report_axis import shortened, text_width, tick_label, ticks, tiers
from recovery.report_rows import ROW, Axis, Band, Row, after, attempts, bands, label, rows
from recovery.report_template import render
from recovery.report_words import count

FONT, SMALL = 12.0, 11.0  # pixels
TIER = 17.0  # between two rows of mark labels, in pixels
WIDE, NARROW = 960, 380
Reach = tuple[float, float]  # A moment in seconds, and the pixels needed to its right.


class Flag(NamedTuple):
    """A mark: its line's place, and its label's baseline."""

    x: float
    y: float
    label: str
    title: str


class Picture(NamedTuple):
    """All that the template draws, in pixels."""

    width: float
    height: float
    axis: Axis
    top: float
    bottom: float
    rows: tuple[Row, ...]
    flags: tuple[Flag, ...]
    ticks: tuple[tuple[float, str], ...]
    bands: tuple[Band, ...]


def timeline_svg(clock: Clock, width: int = WIDE, name: str = "timeline") -> str:
    """Draws the timeline as one SVG element, which stands in a page as well as alone in a file.

    Args:
        clock: what to draw.
        width: in pixels; below 600 the labels stand above the bars, for a narrow screen.
        name: begins every id in it, so that a page can hold several.
    """
    drawn = attempts(clock)
    steps = "; ".join(f"{spans[0].step} {after(spans)}" for spans in drawn)
    title = f"Timeline of {count(len(drawn), 'step')} over {say(clock.total)}"
    return render("timeline.svg", p=draw(clock, width), id=name, title=title, description=steps)


def draw(clock: Clock, width: int = WIDE) -> Picture:
    """Lays the timeline out. Arguments as in `timeline_svg`."""
    narrow, total = width < 600, clock.total or 1.0
    widths = [text_width(label(spans, narrow), FONT) for spans in attempts(clock)]
    left = 6.0 if narrow else 18 + max(widths, default=0.0)
    flags = _labels(clock)
    plot = _plot(width - left, total, [*flags, *([] if narrow else _afters(clock))])
    axis = Axis(left, plot / total, plot, narrow)
    levels = tiers([(since * axis.scale, wide) for since, wide in flags])
    top = 12 + TIER * (1 + max(levels, default=-1))
    drawn = rows(clock, axis, top + 10)
    bottom = (drawn[-1].y + ROW if drawn else top + 10) + 2
    return Picture(
        width=width,
        height=bottom + 26,
        axis=axis,
        top=top,
        bottom=bottom,
        rows=drawn,
        flags=_flags(clock, axis, top, levels),
        ticks=tuple((left + t * axis.scale, tick_label(t)) for t in ticks(total, max(2, int(plot / 76)))),
        bands=bands(clock, drawn, axis),
    )


def _marks(clock: Clock) -> list[tuple[float, str, str]]:
    """Every mark's moment, name and label."""
    marks = [(moment.since_outage, moment.name) for moment in clock.moments if moment.kind == "mark"]
    return [(since, name, f"{shortened(name, 24)} {say(since)}") for since, name in marks]


def _labels(clock: Clock) -> list[Reach]:
    return [(since, text_width(words, SMALL) + 8) for since, _, words in _marks(clock)]


def _afters(clock: Clock) -> list[Reach]:
    return [(spans[-1].end, text_width(after(spans), SMALL) + 14) for spans in attempts(clock)]


def _plot(room: float, total: float, reach: Sequence[Reach]) -> float:
    """The widest plot in which every text that begins at its moment ends inside the picture."""
    fits = [(room - wide) * total / since for since, wide in reach if since > 0]
    return max(min([room - 8, *fits]), room / 4)


def _flags(clock: Clock, axis: Axis, top: float, levels: list[int]) -> tuple[Flag, ...]:
    return tuple(
        Flag(
            axis.left + since * axis.scale,
            top - 4 - TIER * level,
            words,
            f"{name}: {say(since)} after the outage began",
        )
        for (since, name, words), level in zip(_marks(clock), levels, strict=True)
    )
