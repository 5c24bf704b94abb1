"""The signed record that a backup was verified, and how deep."""

from datetime import datetime
from typing import Literal, get_args

from recovery.model import Frozen
from recovery.part import BackupId, Name

Depth = Literal["listed", "checksummed", "restored", "proved equal", "application answered"]
DEPTHS: tuple[Depth, ...] = get_args(Depth)


class Verification(Frozen):
    """What one verification found.

    Args:
        format: the version of this format.
        application, backup: of which backup.
        manifest: the digest of its manifest: a record says nothing of any other bytes.
        at: when it was finished.
        depth: how deep it went: every object is there, every digest matches, it restores, it equals its source, the
            application answers from it.
        seconds: how long it took.
        proofs: component to what was shown, one sentence each.
        problem: what was found wrong, or None.
    """

    format: Literal["lifeboat-verification-1"] = "lifeboat-verification-1"
    application: Name
    backup: BackupId
    manifest: str
    at: datetime
    depth: Depth
    seconds: float
    proofs: dict[str, str] = {}
    problem: str | None = None

    def shows(self, depth: Depth) -> bool:
        """Whether the backup passed, at that depth or deeper."""
        return self.problem is None and DEPTHS.index(self.depth) >= DEPTHS.index(depth)
