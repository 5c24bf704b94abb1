"""By what a later backup tells which files are unchanged: inode, size, times, mode and path of each, a line a file."""

import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from blocks.sources.files_tree import walk

# Files that changed so shortly before they were read are read again the next time. Clocks of file systems tick
# coarsely, those of network file systems differ from ours, and what is written through a memory map can come later
# than the change time says.
RESTED_SECONDS = 60.0
# Groups are of at least so many bytes, and there are not many more than `MOST` of them.
GROUP_BYTES = 16 * 1024 * 1024
MOST = 1000
# The line of a group of which every file vanished before it was read.
NO_FILE = "?"
_HEADER_BYTES = 1024


def line_of(path: str, found: os.stat_result) -> str:
    """The line, or one that equals no other where the file changed just now."""
    if found.st_ctime_ns > time.time_ns() - RESTED_SECONDS * 1_000_000_000:
        return f"? {path}"
    return _line(path, found)


def _line(path: str, found: os.stat_result) -> str:
    times = f"{found.st_mtime_ns} {found.st_ctime_ns}"
    return f"{found.st_ino} {found.st_size} {times} {found.st_mode:o} {found.st_uid} {found.st_gid} {path}"


class Listing:
    """What a folder holds, in the order of `walk`: a line for each file, and everything else.

    A file with several names is of the rest: its names have to be in one archive.
    """

    def __init__(self, folder: Path) -> None:
        self.files: list[str] = []
        self.rest: list[tuple[str, os.stat_result]] = []
        for path, found in walk(folder):
            if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
                self.files.append(_line(path, found))
            else:
                self.rest.append((path, found))


def grouped(lines: Iterable[str]) -> Iterator[list[str]]:
    """The paths of these files, in groups."""
    lines = list(lines)
    sizes = [int(line.split(" ", 2)[1]) + _HEADER_BYTES for line in lines]
    limit = max(GROUP_BYTES, sum(sizes) // MOST)
    held, paths = 0, list[str]()
    for line, size in zip(lines, sizes, strict=True):
        if paths and held + size > limit:
            yield paths
            held, paths = 0, []
        paths.append(line.split(" ", 7)[7])
        held += size
    if paths:
        yield paths


def written(sections: Iterable[Iterable[str]]) -> bytes:
    """An index of groups. No name holds a NUL, and no line is empty."""
    return "\0\0".join("\0".join(lines) for lines in sections).encode(errors="surrogateescape")


def read(index: bytes) -> list[list[str]]:
    """The lines of each group."""
    return [section.split("\0") for section in index.decode(errors="surrogateescape").split("\0\0")]
