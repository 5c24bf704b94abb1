"""What every secret that can be rotated can do."""

from abc import ABC, abstractmethod

from prefect.blocks.core import Block

from recovery.secret_rotation import RotationProof

__all__ = ["RotatingSecret", "RotationProof"]


class RotatingSecret(Block, ABC):
    """A secret that the old site knew, and that the new one must not be opened with.

    No secret leaves the block: not in what it returns, not in an error, not on a command line.
    """

    @abstractmethod
    def rotate(self, incident: str) -> None:
        """Makes a new secret, puts it where the application will read it, and has it count.

        Idempotent for one incident: called again, it finishes what it had begun, and makes no second new secret.

        Args:
            incident: because of which.

        Raises:
            RecoveryError: it could not; the old one may still count.
        """

    @abstractmethod
    def prove(self, incident: str) -> RotationProof:
        """Tries both: the old one must be refused, and the new one must work. Changes nothing."""
