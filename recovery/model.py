"""The base of every model here: frozen, and deaf to keys it does not know."""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value: it never changes once made, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def aware(at: datetime | None) -> datetime | None:
    """A moment with its zone; one without is taken for UTC."""
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def now() -> datetime:
    """The time, with its zone. Durations are measured by `time.monotonic`, never by this."""
    return datetime.now(UTC)
