"""The signed record that a backup was verified, and how deep."""

from datetime import datetime
from typing import Literal

from recovery.content import Proof
from recovery.manifest import Name
from recovery.model import Frozen

Depth = Literal["listed", "checksummed", "restored", "proved", "answered"]
DEPTHS: tuple[Depth, ...] = ("listed", "checksummed", "restored", "proved", "answered")


class Verification(Frozen):
    """What one verification found.

    Args:
        format: the version of this format.
        application, backup: of which backup.
        manifest: the digest of its manifest: a record says nothing of any other bytes.
        at: when it was finished.
        depth: how deep it went: `listed` (every object is there), `checksummed` (every digest matches), `restored`,
            `proved` (equal to its source), `answered` (the application answered from it).
        seconds: how long it took.
        proofs: part to what was found.
        problem: what went wrong before there were proofs, or None.
    """

    format: Literal["lifeboat-verification-1"] = "lifeboat-verification-1"
    application: Name
    backup: Name
    manifest: str
    at: datetime
    depth: Depth
    seconds: float
    proofs: dict[str, Proof] = {}
    problem: str | None = None

    @property
    def passed(self) -> bool:
        return self.problem is None and all(proof.equal for proof in self.proofs.values())

    def reaches(self, depth: Depth) -> bool:
        return DEPTHS.index(self.depth) >= DEPTHS.index(depth)

    @property
    def failure(self) -> str:
        """What was wrong, in one line; empty where it passed."""
        wrong = [f"{name}: {'; '.join(proof.differences)}" for name, proof in self.proofs.items() if not proof.equal]
        return ", ".join(([self.problem] if self.problem else []) + wrong)
