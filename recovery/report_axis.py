"""The measures of the drawn timeline: how wide a text is, where ticks stand, where labels go."""

import unicodedata
from collections.abc import Sequence

_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30)
_STEPS += (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)  # type: ignore[assignment]
_DAY = 86400.0


def text_width(text: str, size: float) -> float:
    """How wide a text is at most, in pixels. Fonts differ: this is the widest of the usual system fonts.

    Args:
        text: one line.
        size: of the font, in pixels.
    """
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return size * (0.62 * (len(text) - wide) + 1.05 * wide)


def shortened(text: str, most: int) -> str:
    """The text, cut with an ellipsis where it has more than `most` letters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def ticks(total: float, most: int) -> tuple[float, ...]:
    """Round moments from 0 to `total`, in seconds: as many as fit, `most` at the most after 0."""
    whole_days = (_DAY * days for days in range(1, 1 + int(total / _DAY)))
    step = next((step for step in (*_STEPS, *whole_days) if total / step <= most), max(total, _DAY))
    return tuple(index * step for index in range(1 + int(total / step + 1e-9)))


def tick_label(seconds: float) -> str:
    """`0`, `10 s`, `1:30 min`, `2 h`, `1:30 h`, `3 d`."""
    if seconds == 0:
        return "0"
    if seconds < 60:
        return f"{seconds:g} s"
    for unit, length, part in (("min", 60, 1), ("h", 3600, 60)):
        if seconds < length * 60 or (unit == "h" and seconds < 2 * _DAY):
            whole, rest = divmod(round(seconds / part), length // part)
            return f"{whole}:{rest:02d} {unit}" if rest else f"{whole} {unit}"
    return f"{seconds / _DAY:g} d"


def tiers(places: Sequence[tuple[float, float]]) -> list[int]:
    """Which of several rows each label stands in, so that none covers another or is crossed by another's line.

    A label begins at its own line and reaches to the right; its line goes down from its row, through all lower rows.
    So a label must stand above every later one that begins under it.

    Args:
        places: left edge and width of each label, in pixels, sorted by left edge.

    Returns:
        One row a label, 0 the lowest.
    """
    rows: list[int] = []
    for index in range(len(places) - 1, -1, -1):
        left, width = places[index]
        under = [
            rows[other - len(places)] for other in range(index + 1, len(places)) if places[other][0] < left + width
        ]
        rows.insert(0, 1 + max(under, default=-1))
    return rows


def spread(bars: Sequence[tuple[float, float]], least: float, right: float) -> list[tuple[float, float]]:
    """Makes short bars of one row wide enough to be seen, without letting them cover each other.

    Args:
        bars: left edge and width of each, in pixels, sorted, not overlapping.
        least: the least width.
        right: where the row ends.
    """
    least = min(least, right / (2 * len(bars))) if bars else least
    placed: list[tuple[float, float]] = []
    edge = 0.0
    for left, width in bars:
        left = max(left, edge)
        placed.append((left, max(width - max(0.0, left - bars[len(placed)][0]), least)))
        edge = placed[-1][0] + placed[-1][1] + least / 3
    edge = right
    for index in range(len(placed) - 1, -1, -1):
        left, width = placed[index]
        placed[index] = (min(left, edge - width), width)
        edge = placed[index][0] - least / 3
    return placed
