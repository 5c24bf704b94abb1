"""Walking a folder, and what it holds: every file's digest, every entry's mode, time and links."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from blake3 import blake3

from recovery.content import Content, Item
from recovery.errors import RecoveryError
from recovery.model import now
from recovery.streams import BLOCK

METHOD = "blake3"
TRIES = 3


def printable(name: str) -> str:
    """A name as text that JSON can hold, and that no other name has: bytes that are no UTF-8 as `\\xff`."""
    return os.fsencode(name.replace("\\", "\\\\")).decode("utf-8", "backslashreplace")


def walk(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every folder, file and symbolic link in a fixed order, each folder before what is in it.

    The folder itself comes first, as `.`. What vanishes meanwhile is passed over; so is what holds no data.
    """
    yield ".", folder.lstat()
    waiting, root = [""], f"{folder}/"
    while waiting:
        within = waiting.pop()
        inner = []
        for name in sorted(_names(folder / within)):
            path = f"{within}{name}"
            try:
                found = os.lstat(root + path)
            except FileNotFoundError:
                continue
            if stat.S_ISDIR(found.st_mode):
                inner.append(f"{path}/")
            if stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode):
                yield path, found
        waiting.extend(reversed(inner))


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - plain names are wanted
    except FileNotFoundError:
        return []


class Seen:
    """What has been seen of a tree, gathered entry by entry, in the order of `walk`."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.traits: dict[str, str] = {}
        self._first: dict[tuple[int, int], str] = {}

    def folder(self, path: str, found: os.stat_result) -> None:
        self.traits[f"folder {printable(path)}"] = _mode(found)

    def link(self, path: str, target: str) -> None:
        self.traits[f"symbolic link {printable(path)}"] = printable(target)

    def file(self, path: str, found: os.stat_result, size: int, digest: str) -> None:
        self.items[printable(path)] = Item(count=size, digest=digest, method=METHOD)
        self.traits[f"file attributes of {printable(path)}"] = f"{_mode(found)} {found.st_mtime_ns}"
        if found.st_nlink > 1:
            self._first.setdefault((found.st_dev, found.st_ino), path)

    def hard_link(self, path: str, first: str) -> None:
        self.items[printable(path)] = self.items[printable(first)]
        self.traits[f"hard link {printable(path)}"] = printable(first)

    def first_name(self, found: os.stat_result) -> str | None:
        """The name this file was already seen under, if it has several."""
        return self._first.get((found.st_dev, found.st_ino)) if found.st_nlink > 1 else None


def tree_content(folder: Path, origin: str) -> Content:
    """Reads a whole tree. Changes nothing.

    Raises:
        RecoveryError: a file changed again and again while it was read.
    """
    taken_at, seen = now(), Seen()
    for path, found in walk(folder):
        if stat.S_ISDIR(found.st_mode):
            seen.folder(path, found)
        elif stat.S_ISLNK(found.st_mode):
            seen.link(path, os.readlink(folder / path))  # noqa: PTH115 - a Path would change its text
        elif first := seen.first_name(found):
            seen.hard_link(path, first)
        else:
            seen.file(path, *_hashed(f"{folder}/{path}"))
    return Content(kind="files", origin=origin, taken_at=taken_at, items=seen.items, traits=seen.traits)


def _hashed(path: str) -> tuple[os.stat_result, int, str]:
    for _ in range(TRIES):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            before, digest, size = os.fstat(descriptor), blake3(), 0
            while block := os.read(descriptor, min(BLOCK, before.st_size + 1)):
                digest.update(block)
                size += len(block)
            if same(before, os.fstat(descriptor)) and size == before.st_size:
                return before, size, digest.hexdigest()
        finally:
            os.close(descriptor)
    raise RecoveryError(f"The file {printable(path)} was changed each of {TRIES} times it was read.")


def same(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether a file was left alone between two looks at it."""
    return (before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )


def _mode(found: os.stat_result) -> str:
    return f"{stat.S_IMODE(found.st_mode):04o}"
