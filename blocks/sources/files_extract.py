"""Extracting an archive into a fresh folder. Nothing can land outside it, whatever the archive says.

Symbolic links are made last: while files are written there is none that a path could lead through.
`tarfile`'s own filter `data` is not used, since it changes modes.
"""

# A Path for each of many small files would cost as much as the file.
# ruff: noqa: PTH101, PTH102, PTH108, PTH120, PTH211

import os
import stat
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from blocks.sources.files_entries import Entry, entries_of
from blocks.sources.files_write import own, write_files
from recovery.errors import NotProved
from recovery.streams import BLOCK

# Making a file is nearly all system calls, in which other threads can go on. More threads than this only wait.
_THREADS = 4
_BATCH = 200
_AHEAD = 4 * _THREADS


def extract(archive: Path, folder: Path) -> None:
    """Extracts into a folder that is made for it.

    Raises:
        NotProved: the archive is damaged, or names something outside the folder.
    """
    folder.mkdir(mode=0o700)
    with archive.open("rb") as file:
        tree = _Tree(folder, file.fileno())
        try:
            with tree.pool:
                for entry in entries_of(file):
                    tree.add(entry)
                tree.flush()
            tree.finish()
        except FileExistsError as error:
            raise NotProved(
                f"The archive {archive.name} names {error.filename!r} twice, as different things."
            ) from error


class _Tree:
    def __init__(self, folder: Path, archive: int) -> None:
        self._root, self._archive = f"{folder}/", archive
        self._folders: list[Entry] = []
        self._links: list[Entry] = []
        self._made: set[str] = {""}
        self._files: set[str] = set()
        self._batch: list[Entry] = []
        self._pending: deque[Future[None]] = deque()
        self.pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="extract")

    def add(self, entry: Entry) -> None:
        _check(entry.name)
        if entry.kind == stat.S_IFREG:
            self._file(entry)
        elif entry.kind == stat.S_IFDIR:
            self._folder(entry.name)
            self._folders.append(entry)
        elif entry.kind in (0, stat.S_IFLNK):
            self._links.append(entry)
        else:
            raise NotProved(f"The archive holds {entry.name!r}, which is neither file, folder nor link.")

    def flush(self) -> None:
        """Waits until every file that was added is written."""
        self._send()
        while self._pending:
            self._pending.popleft().result()

    def finish(self) -> None:
        for entry in self._links:
            self._folder(os.path.dirname(entry.name))
            path = self._root + entry.name
            if entry.kind == 0:
                if entry.target not in self._files:
                    raise NotProved(f"The archive's hard link {entry.name!r} leads to nothing in the archive.")
                os.link(self._root + entry.target, path, follow_symlinks=False)
            else:
                os.symlink(entry.target, path)
                own(path, entry)
                os.utime(path, ns=(entry.mtime, entry.mtime), follow_symlinks=False)
        # The innermost first: filling a folder changes its time, and its mode may forbid it.
        for entry in sorted(self._folders, key=lambda each: each.name.count("/"), reverse=True):
            path = self._root + entry.name
            own(path, entry)
            os.chmod(path, entry.mode)
            os.utime(path, ns=(entry.mtime, entry.mtime))

    def _folder(self, name: str) -> None:
        """Makes a folder, and those that it is in."""
        if name in self._made or name == ".":
            return
        self._folder(os.path.dirname(name))
        os.mkdir(self._root + name, mode=0o700)
        self._made.add(name)

    def _file(self, entry: Entry) -> None:
        if entry.name in self._files:
            self.flush()
            os.unlink(self._root + entry.name)  # it changed while it was backed up, and this is the later copy
        self._folder(os.path.dirname(entry.name))
        self._files.add(entry.name)
        self._batch.append(entry)
        if len(self._batch) == _BATCH or entry.size > BLOCK:
            self._send()

    def _send(self) -> None:
        self._pending.append(self.pool.submit(write_files, self._root, self._archive, self._batch))
        self._batch = []
        while len(self._pending) > _AHEAD:
            self._pending.popleft().result()


def _check(name: str) -> None:
    if name.startswith("/") or "\0" in name or ".." in PurePosixPath(name).parts:
        raise NotProved(f"The archive names {name!r}, which would be outside the folder. Nothing of it was used.")
