"""A folder as a stream of tar blocks (pax), each file hashed as it is read."""

import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from blake3 import blake3

from blocks.sources.files_header import header
from blocks.sources.files_index import line_of
from blocks.sources.files_tree import TRIES, Seen, printable, same, walk
from recovery.errors import RecoveryError, Unreachable
from recovery.streams import BLOCK

_RECORD = 512


class ArchiveWriter:
    """Reads a tree once. When `finished`, `seen` holds what went into the archive; `lines`, its files."""

    def __init__(self, folder: Path, entries: Iterable[tuple[str, os.stat_result]] | None = None) -> None:
        """Args:
        folder: the tree.
        entries: what of it to read, instead of all.
        """
        self._folder, self._root, self._entries = folder, f"{folder}/", entries
        self.seen, self.finished = Seen(), False
        self.lines: list[str] = []

    def blocks(self) -> Iterator[bytes]:
        """The archive, with its end mark.

        Raises:
            RecoveryError: a file changed each time it was read, or could not be read.
        """
        entries = walk(self._folder) if self._entries is None else self._entries
        yield from self._guarded(self._entry(path, found) for path, found in entries)
        yield bytes(2 * _RECORD)
        self.finished = True

    def group(self, paths: Iterable[str]) -> Iterator[bytes]:
        """An archive of these files, without an end mark, so that another can follow it.

        Raises:
            RecoveryError: as for `blocks`.
        """
        yield from self._guarded(self._file(path) for path in paths)
        self.finished = True

    def _guarded(self, entries: Iterable[Iterator[bytes]]) -> Iterator[bytes]:
        try:
            for entry in entries:
                yield from entry
        except OSError as error:
            where = printable(error.filename) if isinstance(error.filename, str) else str(self._folder)
            raise RecoveryError(f"{where} could not be read: {error.strerror}.") from error
        if not self._folder.is_dir():
            raise Unreachable(f"The folder {self._folder} went away while it was read.")

    def _entry(self, path: str, found: os.stat_result) -> Iterator[bytes]:
        if stat.S_ISDIR(found.st_mode):
            self.seen.folder(path, found)
            yield header(path, found, tarfile.DIRTYPE)
        elif stat.S_ISLNK(found.st_mode):
            try:
                target = os.readlink(self._folder / path)  # noqa: PTH115 - a Path would change its text
            except FileNotFoundError:
                return
            self.seen.link(path, target)
            yield header(path, found, tarfile.SYMTYPE, target=target)
        elif first := self.seen.first_name(found):
            self.seen.hard_link(path, first)
            yield header(path, found, tarfile.LNKTYPE, target=first)
        else:
            yield from self._file(path)

    def _file(self, path: str) -> Iterator[bytes]:
        """A file that changed while it was read is written again; of two entries with one name the later counts."""
        for attempt in range(TRIES):
            try:
                descriptor = os.open(self._root + path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except FileNotFoundError:
                if attempt:
                    break  # half of it is in the archive, and cannot be taken back
                return
            with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor, not a path
                found, digest = os.fstat(descriptor), blake3()
                yield header(path, found, tarfile.REGTYPE, size=found.st_size)
                left = found.st_size
                while left and (block := file.read(min(left, BLOCK))):
                    digest.update(block)
                    left -= len(block)
                    yield block
                whole = not left and same(found, os.fstat(descriptor))
            yield from _zeros(left + -found.st_size % _RECORD)
            if whole:
                self.seen.file(path, found, found.st_size, digest.hexdigest())
                self.lines.append(line_of(path, found))
                return
        raise RecoveryError(
            f"The file {printable(path)} was changed each time it was read.",
            remedy="Back up when it is at rest, or leave it out of the folder.",
        )


def _zeros(count: int) -> Iterator[bytes]:
    while count > 0:
        yield bytes(min(count, BLOCK))
        count -= min(count, BLOCK)
