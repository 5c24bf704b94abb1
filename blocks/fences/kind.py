"""What every fence can do."""

from abc import ABC, abstractmethod
from datetime import datetime

from prefect.blocks.core import Block

from recovery.model import Frozen


class FenceProof(Frozen):
    """Whether writes can still reach the primary, and how that is known.

    Args:
        proved: no write can reach it, and this was shown.
        method: the kind of fence.
        evidence: one sentence a check, each with what was tried and what came of it.
        at: when.
    """

    proved: bool
    method: str
    evidence: tuple[str, ...]
    at: datetime

    @property
    def sentence(self) -> str:
        return f"{'Fenced' if self.proved else 'NOT fenced'} by {self.method}: {'; '.join(self.evidence)}."


class Fence(Block, ABC):
    """What keeps writes from reaching the primary, also when it comes back to life."""

    @abstractmethod
    def raise_fence(self) -> None:
        """Cuts the primary off. Idempotent. What was taken away is kept for `lower`."""

    @abstractmethod
    def prove(self) -> FenceProof:
        """Looks whether the fence holds, by reading it back and by trying to write. Changes nothing."""

    @abstractmethod
    def lower(self) -> None:
        """Gives back what `raise_fence` took. Idempotent."""
