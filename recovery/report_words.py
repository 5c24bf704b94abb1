"""Values of journal lines as words. Whatever a line holds, these return text and never fail."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

STATE_WORDS = {
    "ok": "done",
    "failed": "failed",
    "refused": "refused",
    "found done": "found done",
    "would": "would be done",
    "unfinished": "unfinished",
}


def text(value: Any, nothing: str = "") -> str:
    """One line of text: lists are joined by commas."""
    if value is None or value == "":
        return nothing
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(text(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {text(one)}" for key, one in value.items())
    return str(value)


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts: a single value is a list of one."""
    if value is None or value == "":
        return ()
    return tuple(text(one) for one in value) if isinstance(value, list | tuple) else (text(value),)


def count(value: float | None, noun: str, plural: str = "") -> str:
    """`1 order`, `12,345 orders`; empty for None."""
    if value is None:
        return ""
    return f"{value:,.0f} {noun if value == 1 else plural or noun + 's'}"


def size(value: float | None) -> str:
    """Bytes as people read them."""
    if value is None:
        return ""
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"


def moment(value: Any) -> datetime | None:
    """A time out of a journal line, or None."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def day_time(value: Any) -> str:
    """`2026-11-23 20:21:36 UTC`; what is no time stands as it is."""
    at = moment(value)
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else text(value)


def exact(value: Any) -> str:
    """`2026-11-23 20:21:36.712 UTC`; what is no time stands as it is."""
    at = moment(value)
    return f"{at.astimezone(UTC):%Y-%m-%d} {only_time(at)} UTC" if at else text(value)


def only_time(at: datetime) -> str:
    """`20:21:36.712`, in UTC."""
    return at.astimezone(UTC).time().isoformat("milliseconds")


def percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.0095 or share == 0 else "under 1%"


def quoted(names: Iterable[str]) -> str:
    """`“a”, “b” and “c”`."""
    return listed(f"“{name}”" for name in names)


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    all_words = list(words)
    return " and ".join([", ".join(all_words[:-1]), all_words[-1]]) if len(all_words) > 1 else "".join(all_words)
