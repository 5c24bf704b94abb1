"""What every DNS zone can do."""

from abc import ABC, abstractmethod

from prefect.blocks.core import Block

from recovery.errors import Refused
from recovery.model import Frozen
from recovery.rotation import Shares

ONE_AT_A_TIME = "Where both sites serve (active-active), give the plan a zone with weights, such as route53-zone/NAME."


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

    def shares(self, name: str) -> Shares | None:
        """What the name is answered with in turn. A plain record's addresses all have a share of 1.

        Raises:
            Refused: a name of this kind of zone leads to one site at a time.
        """
        raise Refused(f"{self._block_type_name} leads {name} to one site at a time.", remedy=ONE_AT_A_TIME)

    def turn(self, expected: Shares, target: Shares) -> str:
        """Compare and swap of the shares in one change. A share of 0 is not answered any more.

        Returns:
            The provider's identifier of the change.

        Raises:
            Conflict: the zone no longer holds `expected`; it was not changed.
            Refused: as for `shares`.
        """
        raise Refused(f"{self._block_type_name} leads {expected.name} to one site at a time.", remedy=ONE_AT_A_TIME)

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
