"""What every DNS zone can do."""

from abc import ABC, abstractmethod

from prefect.blocks.core import Block

from recovery.model import Frozen


class Record(Frozen):
    """An address record as its zone holds it. `ttl` in seconds."""

    name: str
    values: tuple[str, ...]
    ttl: int


class Zone(Block, ABC):
    """The DNS zone that holds the application's name, and the resolvers that hand it out."""

    @abstractmethod
    def read(self, name: str) -> Record | None: ...

    @abstractmethod
    def swap(self, expected: Record, target: Record) -> str:
        """Compare and swap in one change.

        Returns:
            The provider's identifier of the change.

        Raises:
            Conflict: the zone no longer holds `expected`; it was not changed.
        """

    @abstractmethod
    def answers(self, name: str) -> dict[str, tuple[str, ...]]:
        """What every authoritative server and every resolver answers now, by its address.

        A server that does not answer in time stands with an empty tuple.
        """

    def unfinished(self, name: str) -> str:
        """What a swap that was cut off left undone, without a full stop; swapping again does it. Empty: nothing."""
        return ""

    def faults(self, name: str) -> tuple[str, ...]:
        """What would keep a swap from working, in sentences without a full stop.

        Asked in calm times: it may need what a swap does without.
        """
        return ()
