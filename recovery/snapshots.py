"""What is on record of backups that their own provider keeps, and what to do about them next. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal

from recovery.decision import Decision, done, go, refuse
from recovery.duration import say_duration
from recovery.model import Frozen
from recovery.part import Name
from recovery.retention import Rules, reasons_to_keep
from recovery.verification import DEPTHS, Depth

# Deep enough to count as proved, where nothing of its content can be compared: it was restored, and answered.
COUNTS: Depth = "restored"


class SnapshotRecord(Frozen):
    """The signed record that one such backup was looked at.

    Args:
        format: the version of this format.
        application, snapshot: whose it is, and its name in the plan.
        name, reference, place, taken_at: which backup: our name, the provider's, where it is kept, and when it was
            taken.
        at, seconds: when the look was over, and how long it took.
        depth: how deep it went.
        sentence: what was compared.
        problems: what was found wrong, one sentence each.
    """

    format: Literal["lifeboat-snapshot-record-1"] = "lifeboat-snapshot-record-1"
    application: Name
    snapshot: Name
    name: str
    reference: str
    place: str
    taken_at: datetime
    at: datetime
    seconds: float
    depth: Depth
    sentence: str
    problems: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether a recovery may rely on the backup."""
        return not self.problems and DEPTHS.index(self.depth) >= DEPTHS.index(COUNTS)


def newest_record(records: Sequence[SnapshotRecord], reference: str) -> SnapshotRecord | None:
    """The last record of one backup, told apart by what its provider calls it: a name of ours could be used again."""
    return max((one for one in records if one.reference == reference), key=lambda one: one.at, default=None)


def choose_to_prove(snapshot: str, newest: tuple[str, str] | None, records: Sequence[SnapshotRecord]) -> Decision:
    """Whether the newest backup is to be restored and read.

    Args:
        snapshot: its name in the plan.
        newest: our name and the provider's of the newest backup, or None where there is none.
        records: all of this snapshot whose signature holds.
    """
    if newest is None:
        return refuse(f"There is no backup of {snapshot} at all.", "Run backup, then verify.")
    name, reference = newest
    last = newest_record(records, reference)
    if last and last.counts:
        said = f"The newest backup of {snapshot}, {name}, was {last.depth} at {last.at:%Y-%m-%d %H:%M} UTC."
        return done(said, name=name, depth=last.depth)
    before = f", which failed before: {last.problems[0]}" if last and last.problems else ""
    return go(f"Restoring the newest backup of {snapshot}, {name}, beside what is live{before}.", name=name)


def decide_expiry(
    taken: Mapping[str, datetime], proved: Collection[str], rules: Rules, now: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which backups stay.

    Args:
        taken: name to moment, of every backup.
        proved: names of those that count as proved.

    Returns:
        The names that stay, and one sentence for each that stays or goes, the newest first.
    """
    newest_first = sorted(taken.items(), key=lambda each: (each[1], each[0]), reverse=True)
    reasons = reasons_to_keep(newest_first, proved, rules, now)
    said = [
        f"{name} stays: it is {reasons[name]}." if name in reasons else f"{name} goes: no rule keeps it."
        for name, _ in newest_first
    ]
    return tuple(name for name, _ in newest_first if name in reasons), tuple(said)


def say_standing(snapshot: str, records: Sequence[SnapshotRecord], at: datetime) -> str:
    """One line that says what is known of the backups of one thing, for a page that people read.

    Args:
        records: all of this snapshot whose signature holds.
        at: the moment to measure age from.
    """
    if not records:
        return f"{snapshot}: no backup was ever looked into"
    last = max(records, key=lambda one: (one.taken_at, one.at))
    age = say_duration(max(0.0, (at - last.taken_at).total_seconds()))
    said = f"{snapshot}: {last.name} in {last.place}, {age} old,"
    if last.problems:
        return f"{said} is not to be relied on: {last.problems[0]}"
    return f"{said} was {last.depth} in {say_duration(last.seconds)}"
