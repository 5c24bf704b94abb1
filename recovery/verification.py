"""The signed record that a backup was verified, and how deep."""

from datetime import datetime
from typing import Literal, get_args

from recovery.model import Frozen
from recovery.part import BackupId, Name

Depth = Literal["listed", "checksummed", "restored", "proved equal", "application answered"]
DEPTHS: tuple[Depth, ...] = get_args(Depth)
ProblemKind = Literal["fault", "suspicious"]


class Finding(Frozen):
    """What a verification found.

    Args:
        depth: how deep it went: every object is there, every digest matches, it restores, it equals its source, the
            application answers from it.
        proofs: component to what was shown, one sentence each.
        problem: what was found wrong, or None.
        problem_kind: `fault` (it is not what it should be) or `suspicious` (it is what its source held, and its source
            shows signs of ransomware).
        unfinished: why it went no deeper, where that says nothing against the backup (a scratch server that was down).
        warnings: what people should know and what speaks against nothing.
        measures: figures that the next verification compares with its own, by name.
        rules: the digest of the rules (`recovery.rules`) by which all of it was looked through without a sign of
            ransomware, or None.
    """

    depth: Depth
    proofs: dict[str, str] = {}
    problem: str | None = None
    problem_kind: ProblemKind | None = None
    unfinished: str | None = None
    warnings: tuple[str, ...] = ()
    measures: dict[str, float] = {}
    rules: str | None = None


class Verification(Finding):
    """A finding on record.

    Args:
        format: the version of this format.
        application, backup: of which backup.
        manifest: the digest of its manifest: a record says nothing of any other bytes.
        at: when it was finished.
        seconds: how long it took.
    """

    format: Literal["lifeboat-verification-1"] = "lifeboat-verification-1"
    application: Name
    backup: BackupId
    manifest: str
    at: datetime
    seconds: float

    def shows(self, depth: Depth) -> bool:
        """Whether the backup passed, at that depth or deeper."""
        return self.problem is None and DEPTHS.index(self.depth) >= DEPTHS.index(depth)
