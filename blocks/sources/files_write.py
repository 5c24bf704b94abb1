"""Writing files of an archive that lies in memory (mapped)."""

import os
from mmap import mmap

from blocks.sources.files_entries import Entry
from recovery.streams import BLOCK

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_HOLE = bytes(BLOCK)


def write_files(root: str, archive: mmap, entries: list[Entry]) -> None:
    """Makes these files, which must not be there yet, below `root` (with a slash at its end)."""
    with memoryview(archive) as whole:
        for entry in entries:
            descriptor = os.open(root + entry.name, _NEW, 0o600)
            try:
                with whole[entry.at : entry.at + entry.size] as data:
                    _write(descriptor, data)
                if os.geteuid() == 0:
                    os.fchown(descriptor, entry.uid, entry.gid)
                os.fchmod(descriptor, entry.mode)
                os.utime(descriptor, ns=(entry.mtime, entry.mtime))
            finally:
                os.close(descriptor)


def own(path: str, entry: Entry) -> None:
    """Gives it its owner, where we may."""
    if os.geteuid() == 0:
        os.chown(path, entry.uid, entry.gid, follow_symlinks=False)


def _write(descriptor: int, data: memoryview) -> None:
    for at in range(0, len(data), BLOCK):
        _write_block(descriptor, data[at : at + BLOCK])
    if len(data) > BLOCK:
        os.ftruncate(descriptor, len(data))


def _write_block(descriptor: int, block: memoryview) -> None:
    # A hole stays a hole.
    if len(block) == BLOCK and block == _HOLE:
        os.lseek(descriptor, BLOCK, os.SEEK_CUR)
        return
    while block:
        block = block[os.write(descriptor, block) :]
