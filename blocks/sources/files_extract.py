"""Extracting an archive into a fresh folder. Nothing can land outside it, whatever the archive says.

Symbolic links are made last: while files are written there is none that a path could lead through.
`tarfile`'s own filter `data` is not used, since it changes modes.
"""

import os
import stat
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO

from recovery.errors import NotProved
from recovery.streams import BLOCK


def extract(archive: Path, folder: Path) -> None:
    """Extracts into a folder that is made for it.

    Raises:
        NotProved: the archive is damaged, or names something outside the folder.
    """
    folder.mkdir(mode=0o700)
    tree = _Tree(folder)
    try:
        with tarfile.open(archive, "r:", errors="surrogateescape") as entries:
            while (entry := entries.next()) is not None:
                tree.add(entry, entries)
                entries.members.clear()  # type: ignore[attr-defined] # it would remember every one
    except (tarfile.TarError, EOFError) as error:
        raise NotProved(f"The archive {archive.name} is damaged: {error}.") from error
    except FileExistsError as error:
        raise NotProved(f"The archive {archive.name} names {error.filename!r} twice, as different things.") from error
    tree.finish()


class _Tree:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folders: list[tarfile.TarInfo] = []
        self._links: list[tarfile.TarInfo] = []
        self._files: set[str] = set()

    def add(self, entry: tarfile.TarInfo, entries: tarfile.TarFile) -> None:
        path = self._path(entry.name)
        if entry.isdir():
            path.mkdir(mode=0o700, exist_ok=True)
            self._folders.append(entry)
        elif entry.issym():
            self._links.append(entry)
        elif entry.islnk():
            if entry.linkname not in self._files:
                raise NotProved(f"The archive's hard link {entry.name!r} leads to nothing in the archive.")
            os.link(self._path(entry.linkname), path, follow_symlinks=False)
        elif entry.isreg():
            self._write(path, entry, entries)
        else:
            raise NotProved(f"The archive holds {entry.name!r}, which is neither file, folder nor link.")

    def finish(self) -> None:
        for entry in self._links:
            path = self._path(entry.name)
            path.symlink_to(entry.linkname)
            _own(path, entry)
            os.utime(path, ns=_times(entry), follow_symlinks=False)
        # The innermost first: filling a folder changes its time, and its mode may forbid it.
        for entry in reversed(self._folders):
            path = self._path(entry.name)
            _own(path, entry)
            path.chmod(stat.S_IMODE(entry.mode))
            os.utime(path, ns=_times(entry))

    def _write(self, path: Path, entry: tarfile.TarInfo, entries: tarfile.TarFile) -> None:
        if entry.name in self._files:
            path.unlink()  # it changed while it was backed up, and this is the later copy
        data = entries.extractfile(entry)
        assert data is not None
        with path.open("xb", buffering=0) as file:
            _copy(data, file, entry)
            _own(path, entry)
            os.fchmod(file.fileno(), stat.S_IMODE(entry.mode))
        os.utime(path, ns=_times(entry))
        self._files.add(entry.name)

    def _path(self, name: str) -> Path:
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\0" in name:
            raise NotProved(f"The archive names {name!r}, which would be outside the folder. Nothing of it was used.")
        return self._folder.joinpath(*parts)


def _copy(data: IO[bytes], file: IO[bytes], entry: tarfile.TarInfo) -> None:
    left = entry.size
    while left:
        block = data.read(min(left, BLOCK))
        if not block:
            raise NotProved(f"The archive ends within {entry.name!r}.")
        left -= len(block)
        # A hole stays a hole.
        if block.count(0) == len(block):
            file.seek(len(block), os.SEEK_CUR)
        else:
            file.write(block)
    file.truncate(entry.size)


def _own(path: Path, entry: tarfile.TarInfo) -> None:
    if os.geteuid() == 0:
        os.chown(path, entry.uid, entry.gid, follow_symlinks=False)


def _times(entry: tarfile.TarInfo) -> tuple[int, int]:
    whole, _, fraction = str(entry.pax_headers.get("mtime", int(entry.mtime))).partition(".")
    nanoseconds = int(whole) * 1_000_000_000 + int(f"{fraction:0<9}"[:9] or "0")
    return nanoseconds, nanoseconds
