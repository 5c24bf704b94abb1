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


class Posture(Frozen):
    """What a vault's own settings, read back, say of how far its objects are out of reach of whoever holds its keys.

    Args:
        versioning: whether what is overwritten or deleted can be brought back.
        lock: what new backups are locked with: `compliance` lets nobody delete them before their time, `governance`
            only those with a right to bypass it; None is no lock at all.
        lock_days: for how long.
        sentence: the same for people.
    """

    versioning: bool
    lock: Literal["compliance", "governance"] | None
    lock_days: int | None
    sentence: str

    @property
    def out_of_reach(self) -> bool:
        """Whether a thief of every key that this vault is used with still cannot destroy a new backup."""
        return self.versioning and self.lock == "compliance" and bool(self.lock_days)


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

    def posture(self) -> Posture:
        """What stands between a thief of its keys and the backups, as read back from the vault itself.

        Raises:
            Unreachable: the vault could not be reached.
        """
        said = "This kind of vault has no lock: whoever holds its keys can delete every backup."
        return Posture(versioning=False, lock=None, lock_days=None, sentence=said)

    def locked_until(self, key: str) -> datetime | None:
        """The moment before which the vault refuses to delete the object, as read back; None where nothing holds it.

        Raises:
            Unreachable: the vault could not be reached.
        """
        return None

    def keep_locked(self, key: str) -> bool:
        """Makes the lock of an object that is there last as long as that of one that is written now.

        Returns:
            Whether it does. Where not, the object has to be written anew.

        Raises:
            RecoveryError: the vault could not be reached, or refused.
        """
        return True

    def abort_uploads(self, before: datetime) -> list[str]:
        """Ends uploads that began before then and were never finished, where the vault keeps such. Returns their keys.

        Raises:
            Unreachable: the vault could not be reached.
        """
        return []
