"""A folder being read: as one tar archive (pax), or as groups of files and the rest."""

import os
from collections.abc import Iterator
from pathlib import Path

from blocks.sources import files_index
from blocks.sources.files_archive import ArchiveWriter
from blocks.sources.files_tree import walk
from blocks.sources.kind import Grouped, Reading
from recovery.content import Content
from recovery.errors import RecoveryError, Unreachable
from recovery.model import now
from recovery.streams import as_file, gathered


class _Archive(Reading):
    """One archive being read."""

    def __init__(self, origin: str, writer: ArchiveWriter, blocks: Iterator[bytes]) -> None:
        self._taken_at, self.origin, self._writer = now(), origin, writer
        self.stream = as_file(gathered(blocks))

    def content(self) -> Content:
        """To be called after the stream's end: files are hashed as they are read."""
        if not self._writer.finished:
            raise RecoveryError("The folder was not read to its end, so there is no content to tell.")
        seen = self._writer.seen
        return Content(kind="files", origin=self.origin, taken_at=self._taken_at, items=seen.items, traits=seen.traits)

    def __exit__(self, *_: object) -> None:
        """Nothing is held between two reads."""


class FilesReading(_Archive, Grouped):
    """The whole folder; once `groups` were asked for, what is in none of them."""

    def __init__(self, folder: Path, origin: str, full_every: int) -> None:
        self.full_every = full_every
        self._folder = folder
        self._listing: files_index.Listing | None = None
        self._earlier: list[list[str]] = []
        self._sections: list[list[str]] = []
        writer = ArchiveWriter(folder, self._entries())
        super().__init__(origin, writer, writer.blocks())

    def unchanged(self, index: bytes) -> list[int]:
        self._earlier = files_index.read(index)
        present = set(self._listed().files)
        return [at for at, lines in enumerate(self._earlier) if present.issuperset(lines)]

    def keep(self, groups: list[int]) -> None:
        self._sections = [self._earlier[at] for at in groups]
        self._earlier = []

    def groups(self) -> Iterator[Reading]:
        kept = {line for lines in self._sections for line in lines}
        for paths in files_index.grouped(line for line in self._listed().files if line not in kept):
            writer = ArchiveWriter(self._folder)
            yield _Archive(self.origin, writer, writer.group(paths))
            self._sections.append(writer.lines or [files_index.NO_FILE])

    def index(self) -> bytes:
        return files_index.written(self._sections)

    def _listed(self) -> files_index.Listing:
        try:
            self._listing = self._listing or files_index.Listing(self._folder)
        except OSError as error:
            raise Unreachable(f"The folder {self._folder} could not be listed: {error.strerror}.") from error
        return self._listing

    def _entries(self) -> Iterator[tuple[str, os.stat_result]]:
        """Read no earlier than the stream is."""
        yield from self._listing.rest if self._listing else walk(self._folder)
