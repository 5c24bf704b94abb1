"""What every source of data can do."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from prefect.blocks.core import Block

from recovery.content import Content


class Reading(AbstractContextManager["Reading"], ABC):
    """A source being read at one moment. Leaving the context releases the snapshot.

    `stream.read()` raises `RecoveryError` at its end if the program that fed it failed: what was read by then is
    worthless and must not be kept. `content()` waits for the fingerprints made in the same snapshot.
    """

    stream: BinaryIO

    @abstractmethod
    def content(self) -> Content: ...


class Source(Block, ABC):
    """Something that holds data: a database, a folder. Restores go to a staged copy beside the live data first."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Which place this is, without asking it: two sources of equal address are the same place."""

    @abstractmethod
    def read(self) -> Reading:
        """Opens a snapshot for a backup."""

    @abstractmethod
    def restore(self, archive: Path) -> None:
        """Restores an archive, as `read` streamed it, into the staged copy; an earlier staged copy is replaced."""

    @abstractmethod
    def content(self, staged: bool) -> Content:
        """Computes the fingerprints again, of the staged copy or of the live data. Changes nothing."""

    @abstractmethod
    def activate(self) -> None:
        """Makes the staged copy the live one, at once; what was live before is kept beside it. Idempotent."""

    @abstractmethod
    def discard(self) -> None:
        """Removes the staged copy. Idempotent."""

    def staged_dsn(self) -> str | None:
        """Where SQL checks can reach the staged copy (`postgresql://…`), or None for a source that is no database."""
        return None

    def staged_folder(self) -> Path | None:
        """The folder of the staged copy, or None for a source that is no folder of files."""
        return None
