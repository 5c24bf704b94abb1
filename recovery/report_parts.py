"""What a report tells beside the times, as values."""

from datetime import datetime
from typing import Any, Literal

from recovery.model import Frozen
from recovery.report_words import text


class Loss(Frozen):
    """How much data was lost, and how that is known. Counts of business records, e.g. orders."""

    before: float | None
    recovered: float | None
    lost: float | None
    newest_lost: datetime | None
    newest_recovered: datetime | None
    method: str


class Backup(Frozen):
    """Which backup was chosen, and which newer ones were not."""

    name: str
    taken_at: datetime | None
    verified_at: datetime | None
    passed_over: tuple[str, ...]
    sentence: str


class Restored(Frozen):
    """One component. `proved`: its content was shown to equal what was backed up; None: nobody looked."""

    step: str
    part: str
    backup: str
    proved: bool | None
    checked: float | None
    sentence: str
    rows: float | None
    bytes: float | None


class Fence(Frozen):
    proved: bool
    method: str
    evidence: tuple[str, ...]
    sentence: str


class Dns(Frozen):
    """`state`: how the swap ended; `unfinished` means nobody knows whether the zone was changed."""

    state: str
    before: str
    after: str
    change: str
    answers: dict[str, str]
    drained_seconds: float | None


class Facts(Frozen):
    """Everything the report tells that is not a time. `by_step` holds each step's own data, its last attempt's."""

    playbook: str
    application: str
    incident: str
    opened: dict[str, Any]
    plan: dict[str, Any]
    dry_run: bool
    loss: Loss | None
    backup: Backup | None
    restored: tuple[Restored, ...]
    fence: Fence | None
    dns: Dns
    by_step: dict[str, dict[str, Any]]

    @property
    def break_glass(self) -> str:
        return text(self.opened.get("break_glass"))


class Tile(Frozen):
    """One figure.

    Args:
        label, value, note: what it is, the figure, and a few words on it.
        mood: `good`, `bad`, or `none` where it is neither.
        badge: the mood in a word, so that it does not hang on colour.
        share: of what was allowed, for the bar; above 1 it is missed.
    """

    label: str
    value: str
    note: str
    mood: Literal["good", "bad", "none"] = "none"
    badge: str = ""
    share: float | None = None
