"""What every fence can do."""

from abc import ABC, abstractmethod

from prefect.blocks.core import Block

from recovery.fencing import FenceProof

__all__ = ["Fence", "FenceProof"]


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
