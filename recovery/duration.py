"""Durations as people write them: `90s`, `15m`, `1h30m`, `7d`."""

import re
from datetime import timedelta

_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def parse_duration(text: object) -> timedelta:
    """Reads a duration.

    Args:
        text: `15m`, `1h30m`, or a timedelta, which is returned as it is.

    Raises:
        ValueError: it is none, or not greater than zero.
    """
    if isinstance(text, timedelta):
        return text
    parts = _PART.findall(text) if isinstance(text, str) else []
    if not isinstance(text, str) or "".join(number + unit for number, unit in parts) != text or not parts:
        raise ValueError(f"{text!r} is not a duration: write it like 90s, 15m, 1h30m or 7d")
    length = timedelta(**{_UNITS[unit]: float(number) for number, unit in parts})
    if length <= timedelta(0):
        raise ValueError(f"{text!r} must be greater than zero")
    return length


def say_duration(seconds: float) -> str:
    """A number of seconds in words short enough for a table: `0.4 s`, `12.3 s`, `4 min 05 s`, `2 h 07 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02d} min"
