"""Where a replica stands, and what was seen of it."""

from datetime import datetime

from recovery.model import Frozen


class ReplicaState(Frozen):
    """Where a replica stands.

    Args:
        follows: it is in recovery: it takes what its primary wrote, and no writes of its own.
        streaming: its primary is connected to it right now.
        received, replayed: how far it got, as PostgreSQL writes positions in its log (`0/3000970`).
        timeline: the history of the log that it is on; a promotion begins the next one.
        newest: when the newest transaction that it replayed was committed at the primary, or None where none was.
        waits_for: the servers that each commit would wait for once it is promoted; empty where for none.
    """

    follows: bool
    streaming: bool
    received: str
    replayed: str
    timeline: int
    newest: datetime | None = None
    waits_for: str = ""


class Acceptance(Frozen):
    """What came of a write that was tried with the application's own role, and rolled back."""

    accepted: bool
    sentence: str


class Lag(Frozen):
    """How far a replica lies behind.

    Args:
        seconds: of data that would be lost, or None where that cannot be told.
        method: how it was measured, or why it cannot be told.
    """

    seconds: float | None
    method: str


def position(text: str) -> int:
    """A position in PostgreSQL's log as the number of bytes before it."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)
