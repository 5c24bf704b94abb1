"""One alert as every sender's format comes down to it."""

from datetime import datetime
from typing import Literal

from recovery.model import Frozen

Status = Literal["firing", "resolved"]


class ReceivedAlert(Frozen):
    """What one sender says of one thing that is wrong, or is right again.

    Args:
        source: the format it came in.
        fingerprint: what it is about; the same for every repeat of it, and for its end.
        group: what the sender sent it together with.
        status: whether it is wrong still.
        starts_at: since when, where the sender says so.
        application: whose, where the sender says so.
        severity: as the sender names it.
        summary: one line for people.
        labels: everything else that a rule of the plan can ask for.
    """

    source: str
    fingerprint: str
    group: str
    status: Status
    starts_at: datetime | None
    application: str | None
    severity: str
    summary: str
    labels: dict[str, str] = {}


class Malformed(ValueError):
    """A body that is not what its format says. The message tells what is wrong, and holds nothing of the body."""
