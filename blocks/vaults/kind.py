"""What every vault can do."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Literal

from prefect.blocks.core import Block

from recovery.model import Frozen

ANY: Literal["any"] = "any"
ABSENT: Literal["absent"] = "absent"


class Stored(Frozen):
    """An object as it was read: its bytes and the version that a later conditional write can name."""

    data: bytes
    version: str


class Entry(Frozen):
    """An object as it was listed. `size` in bytes."""

    key: str
    size: int
    written_at: datetime


class Vault(Block, ABC):
    """A store of objects that outlives the primary site."""

    @abstractmethod
    def put(self, key: str, data: bytes, expect: str = ANY) -> str:
        """Writes a whole object, or nothing at all.

        Args:
            key: its name, with `/` between parts.
            data: its bytes; at most 64 MiB.
            expect: `ANY` overwrites, `ABSENT` only creates, a version only replaces that version.

        Returns:
            The new version.

        Raises:
            Conflict: what is there is not what was expected.
            Unreachable: the vault could not be reached.
        """

    @abstractmethod
    def get(self, key: str) -> Stored:
        """Raises `Missing` where there is no such object."""

    @abstractmethod
    def entries(self, prefix: str) -> list[Entry]:
        """Every object whose key starts with the prefix, sorted by key."""

    @abstractmethod
    def remove(self, key: str) -> None:
        """Removes an object; one that is not there is no error."""
