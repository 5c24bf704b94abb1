"""The coverage ledger: every backup, how deep it was verified, when, and how far back one would have been thrown then.

Pure: the backups and the signed records of the vault go in. It judges a backup as `recovery.choose` does.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from recovery.choose import BackupSummary
from recovery.manifest import Manifest
from recovery.model import Frozen
from recovery.verification import DEPTHS, Depth, ProblemKind, Verification

NEVER, WRONG = "never verified", "found wrong"


class Covered(Frozen):
    """What is known of one backup.

    Args:
        backup: its identifier.
        taken_at: the moment of its snapshot, or None where its manifest is broken.
        size: bytes of its plain data, 0 where its manifest is broken.
        depth: how deep it ever went; where its last verification found fault with it, how deep that one went; None
            where it was never verified.
        at, seconds: when it was last verified, and how long that took.
        recovery_point_seconds: how old the newest proved data was right after that (the RPO of that moment), or None
            where nothing was proved.
        problem, problem_kind: what its last verification found wrong; a broken manifest is a fault as well.
        unfinished: why its last verification went no deeper, where that says nothing against it.
        proved: whether a failover would restore it.
        scanned_by: the rules by which it was looked through and no sign of ransomware was found.
    """

    backup: str
    taken_at: datetime | None
    size: int = 0
    depth: Depth | None = None
    at: datetime | None = None
    seconds: float | None = None
    recovery_point_seconds: float | None = None
    problem: str | None = None
    problem_kind: ProblemKind | None = None
    unfinished: str | None = None
    proved: bool = False
    scanned_by: tuple[str, ...] = ()


class Ledger(Frozen):
    """Every backup of one application, the newest first."""

    application: str
    backups: tuple[Covered, ...]

    @property
    def newest(self) -> Covered | None:
        return self.backups[0] if self.backups else None

    @property
    def newest_proved(self) -> Covered | None:
        return next((each for each in self.backups if each.proved), None)

    @property
    def depths(self) -> dict[str, int]:
        """How many backups reached which depth, the deepest first; those that were never verified, or are bad, last."""
        reached = [WRONG if each.problem else each.depth or NEVER for each in self.backups]
        counted = {name: reached.count(name) for name in (*reversed(DEPTHS), NEVER, WRONG)}
        return {name: count for name, count in counted.items() if count}

    def of(self, backup: str) -> Covered | None:
        return next((each for each in self.backups if each.backup == backup), None)


def keep_ledger(application: str, backups: Sequence[BackupSummary], records: Sequence[Verification]) -> Ledger:
    """Makes the ledger.

    Args:
        application: whose backups they are.
        backups: as the vault lists them.
        records: all verifications whose signature holds.
    """
    manifests = {each.backup: each.manifest for each in backups if each.manifest}
    # A record says nothing of a manifest that is not there any more, or is another one now.
    digests = {backup: manifest.digest for backup, manifest in manifests.items()}
    valid = [one for one in records if digests.get(one.backup) == one.manifest]
    valid.sort(key=lambda one: one.at)
    rows = [_row(each, [one for one in valid if one.backup == each.backup]) for each in backups]
    points = _points(valid, manifests)
    rows = [row.model_copy(update={"recovery_point_seconds": points.get(row.at)}) if row.at else row for row in rows]
    return Ledger(application=application, backups=tuple(sorted(rows, key=_order, reverse=True)))


def _order(row: Covered) -> tuple[str, str]:
    """By the moment of the snapshot; of a broken one only the identifier tells, which begins with the time."""
    at = f"{row.taken_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}" if row.taken_at else row.backup
    return at, row.backup


def _row(each: BackupSummary, mine: list[Verification]) -> Covered:
    if each.manifest is None:
        return Covered(backup=each.backup, taken_at=None, problem=each.reason or "unknown", problem_kind="fault")
    size = sum(archive.size for part in each.manifest.parts for archive in part.archives)
    row = Covered(backup=each.backup, taken_at=each.manifest.taken_at, size=size)
    if not mine:
        return row
    last = mine[-1]
    deepest = max((one.depth for one in mine if one.problem is None), key=DEPTHS.index, default=last.depth)
    return row.model_copy(
        update={
            "depth": last.depth if last.problem else deepest,
            "at": last.at,
            "seconds": last.seconds,
            "problem": last.problem,
            "problem_kind": (last.problem_kind or "fault") if last.problem else None,
            "unfinished": last.unfinished,
            "scanned_by": tuple(sorted({one.rules for one in mine if one.rules and not one.problem})),
            "proved": last.problem is None and any(one.shows("proved equal") for one in mine),
        }
    )


def _points(valid: list[Verification], manifests: Mapping[str, Manifest]) -> dict[datetime, float]:
    """The moment of every verification to the age of the newest data that counted as proved right after it."""
    proved: set[str] = set()
    failed: set[str] = set()
    points: dict[datetime, float] = {}
    for one in valid:
        (failed.add if one.problem else failed.discard)(one.backup)
        if one.shows("proved equal"):
            proved.add(one.backup)
        if counting := [manifests[backup].taken_at for backup in proved - failed]:
            points[one.at] = (one.at - max(counting)).total_seconds()
        else:
            points.pop(one.at, None)
    return points
