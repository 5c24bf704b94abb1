"""What every source of data can do."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from prefect.blocks.core import Block

from recovery.content import Content
from recovery.errors import Missing
from recovery.streams import Sink


class Reading(AbstractContextManager["Reading"], ABC):
    """A source being read at one moment. Leaving the context releases the snapshot.

    `stream.read()` raises `RecoveryError` at its end if the program that fed it failed: what was read by then is
    worthless and must not be kept. `content()` waits for the fingerprints made in the same snapshot.
    """

    stream: BinaryIO

    @abstractmethod
    def content(self) -> Content: ...


class Grouped(Reading):
    """A reading of many files, of which later backups can take whole groups as unchanged.

    First `unchanged`, then `keep`, then every one of `groups`, each read to its end; then `stream` is what is in none
    of them, and `index` tells all groups to the next backup. Where none of these is called, `stream` is everything.
    """

    origin: str
    full_every: int

    @abstractmethod
    def unchanged(self, index: bytes) -> list[int]:
        """Which groups of an earlier backup are as they were, by their place in it.

        Args:
            index: the earlier backup's.
        """

    @abstractmethod
    def keep(self, groups: list[int]) -> None:
        """These of the unchanged groups are not to be read again."""

    @abstractmethod
    def groups(self) -> Iterator["Reading"]:
        """The others, as they are to be sealed. `content` of each is told at its end."""

    @abstractmethod
    def index(self) -> bytes:
        """Of the kept groups, in their order, and then the others."""


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

    @contextmanager
    def restoring(self, size: int, folder: Path, say: Callable[[str], None]) -> Iterator[Sink]:
        """The same of an archive that is still on its way: what is written is restored by the time the context is
        left. Left by an error, nothing is staged.

        Args:
            size: of the archive, in bytes.
            folder: where files can be kept meanwhile. This way keeps the archive there; others need less.
            say: takes each line of progress.
        """
        with NamedTemporaryFile(prefix="archive-", dir=folder) as file:
            yield file
            file.flush()
            self.restore(Path(file.name))

    @abstractmethod
    def content(self, staged: bool) -> Content:
        """Computes the fingerprints again, of the staged copy or of the live data. Changes nothing."""

    @abstractmethod
    def activate(self) -> None:
        """Makes the staged copy the live one, at once; what was live before is kept beside it. Idempotent."""

    @abstractmethod
    def discard(self) -> None:
        """Removes the staged copy. Idempotent."""

    @abstractmethod
    def erase(self) -> None:
        """Removes the live copy, the staged one, and all that is kept beside them. Idempotent.

        For a place that only drills use. Nobody asks whether the data is needed.
        """

    def count_live(self) -> int:
        """How many items, such as tables or files, lie where the live data does or was kept beside it; else 0.

        Raises:
            RecoveryError: it could not be asked.
        """
        try:
            return len(self.content(staged=False).items)
        except Missing:
            return 0

    def staged_dsn(self) -> str | None:
        """Where SQL checks can reach the staged copy (`postgresql://…`), or None for a source that is no database."""
        return None

    def staged_folder(self) -> Path | None:
        """The folder of the staged copy, or None for a source that is no folder of files."""
        return None
