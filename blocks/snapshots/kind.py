"""What every backup can do that its own provider keeps: a snapshot, a copy of a bucket, a repository.

Its bytes never pass through here, so there is no stream, no chunk and no manifest of ours. What is shown of it is what
its provider tells, until it is restored and read.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection
from datetime import datetime

from prefect.blocks.core import Block

from recovery.model import Frozen
from recovery.verification import Depth


class Taken(Frozen):
    """One backup, as its provider keeps it.

    Args:
        name: ours; sorts by time.
        reference: what the provider calls it.
        place: where it is kept: a region, a bucket, a repository.
        taken_at: nothing later is sure to be in it.
        size: in bytes, or None where the provider does not tell.
        encrypted: as read back, or None where that is not the provider's to tell.
    """

    name: str
    reference: str
    place: str
    taken_at: datetime
    size: int | None = None
    encrypted: bool | None = None


class Shown(Frozen):
    """What a look at one backup has shown.

    Args:
        depth: how deep the look went.
        sentence: what was compared.
        problems: what is wrong, one sentence each. With any of these the backup is not to be relied on.
    """

    depth: Depth
    sentence: str
    problems: tuple[str, ...] = ()


class Expired(Frozen):
    """What expiry did: the names that are gone, and why others had to stay, one sentence each."""

    removed: tuple[str, ...]
    held: tuple[str, ...] = ()


class ManagedBackup(Block, ABC):
    """Something whose backups its provider takes and keeps, in another region, account or repository."""

    @property
    @abstractmethod
    def address(self) -> str:
        """What is backed up, without asking it."""

    @abstractmethod
    def take(self, name: str) -> Taken:
        """Takes a backup, and waits until it is whole. A second call by the same name finishes or returns the first.

        Raises:
            NotProved: what arrived is not what was sent.
            Unreachable: source or place could not be reached; the same call can be made again.
        """

    @abstractmethod
    def backups(self) -> list[Taken]:
        """Every whole backup, the newest first."""

    @abstractmethod
    def restore(self, name: str) -> str:
        """Restores beside the live thing. A second call finishes or returns the first.

        Returns:
            What was restored, as its provider calls it.

        Raises:
            Missing: there is no such backup.
        """

    @abstractmethod
    def prove(self, name: str) -> Shown:
        """Looks as deep as is possible without a new restore, and into what `restore` made of it, if that stands.

        Raises:
            Missing: there is no such backup.
        """

    @abstractmethod
    def discard(self) -> None:
        """Removes what `restore` made, and nothing else. Idempotent."""

    @abstractmethod
    def expire(self, keep: Collection[str]) -> Expired:
        """Removes every backup not named, but never the newest. What a lock holds stays, and is told."""
