"""What every replica can do."""

from abc import ABC, abstractmethod

from prefect.blocks.core import Block

from blocks.sources.kind import Source
from recovery.content import Proof
from recovery.replica_state import Acceptance, ReplicaState

__all__ = ["Acceptance", "Replica", "ReplicaState"]


class Replica(Block, ABC):
    """A server at the standby that follows the primary's data, and can be made a primary itself."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Which place this is, without asking it, written as a source writes its own."""

    @abstractmethod
    def read(self) -> ReplicaState:
        """Where it stands. Changes nothing."""

    @abstractmethod
    def hurry(self) -> None:
        """Lets it replay at once whatever it has received, if somebody paused its replay. Idempotent."""

    @abstractmethod
    def end_of(self, primary: Source) -> str:
        """How far the primary's log reaches on its disk now: what was acknowledged lies before it.

        Raises:
            Unreachable: the primary does not answer.
        """

    @abstractmethod
    def compare(self, primary: Source) -> Proof:
        """Whether it holds what the primary holds, by the fingerprints of both. The primary must take no writes."""

    @abstractmethod
    def promote(self) -> None:
        """Makes it a primary, and takes off what a fence or drain of the old one has left in the data. Idempotent."""

    @abstractmethod
    def try_to_write(self) -> Acceptance:
        """Tries a write with the application's own role, and rolls it back."""

    @abstractmethod
    def dsn(self) -> str | None:
        """Where SQL checks can reach its data (`postgresql://…`), or None for one that is no database."""
