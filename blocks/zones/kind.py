"""What every DNS zone can do."""

from abc import ABC, abstractmethod

from prefect.blocks.core import Block

from recovery.model import Frozen
from recovery.rotation import Shares


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
    def shares(self, name: str) -> Shares | None:
        """What the name is answered with in turn. A plain record's addresses all have a share of 1."""

    @abstractmethod
    def turn(self, expected: Shares, target: Shares) -> str:
        """Compare and swap of the shares in one change. A share of 0 is not answered any more.

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
