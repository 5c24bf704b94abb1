"""Reads values out of what a sender sent. Nothing in there is trusted: texts are cut and cleaned, times checked."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from blake3 import blake3

from recovery.alerts.alert import Malformed

LONGEST = 500  # characters of a summary or a label's value
MOST_LABELS = 64
MOST_ALERTS = 5_000  # in one body
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)  # Go's zero time and the like mean that nobody knows
# Control characters; and halves of surrogate pairs, which JSON can hold and neither a database nor UTF-8 takes.
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NO_COLON = re.compile(r"([+-]\d{2})(\d{2})$")


def parse_json(body: bytes) -> Any:
    """The body as plain values.

    Raises:
        Malformed: it is no JSON, or nested too deeply.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("the body is not JSON") from error


def as_object(value: Any, what: str) -> dict[str, Any]:
    """The value, which must be a JSON object. Raises `Malformed`."""
    if not isinstance(value, dict):
        raise Malformed(f"{what} is not an object")
    return value


def as_list(value: Any, what: str) -> list[Any]:
    """The value, which must be a list of bearable length. Raises `Malformed`."""
    if not isinstance(value, list):
        raise Malformed(f"{what} is not a list")
    if len(value) > MOST_ALERTS:
        raise Malformed(f"{what} has more than {MOST_ALERTS} items")
    return value


def as_text(value: Any, longest: int = LONGEST) -> str:
    """A scalar as one line of clean text; empty for anything else."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NO_TEXT.sub(" ", str(value)).strip()[:longest]


def needed_text(value: Any, what: str) -> str:
    """A text that must be there. Raises `Malformed`."""
    if text := as_text(value):
        return text
    raise Malformed(f"{what} is missing")


def as_labels(*objects: Any) -> dict[str, str]:
    """The scalars of one or more objects as texts; a later one wins."""
    found: dict[str, str] = {}
    for each in objects:
        if isinstance(each, dict):
            found |= {as_text(name, 100): text for name, value in each.items() if (text := as_text(value))}
    return dict(list(found.items())[:MOST_LABELS])


def as_time(value: Any, at: datetime) -> datetime | None:
    """A moment, from ISO 8601 or seconds or milliseconds since 1970.

    Args:
        value: what the sender sent.
        at: now; a later moment is taken for now, as clocks differ and nobody foresees an alert.

    Returns:
        None where it is none, or one that nobody can mean.
    """
    try:
        moment = _moment(value)
    except (ValueError, OverflowError, OSError):
        return None
    return None if moment is None or moment < _OLDEST else min(moment, at)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str) and value.strip().isdigit():
        value = int(value.strip()[:16])
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    if not isinstance(value, str):
        return None
    moment = datetime.fromisoformat(_NO_COLON.sub(r"\1:\2", value.strip()[:40]))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def fingerprint(*parts: Any) -> str:
    """A short name for what a sender gives none: the same parts, the same name."""
    return blake3(json.dumps(parts, sort_keys=True, default=str).encode("utf-8", "replace")).hexdigest(8)
