"""Writing files that lie in an archive."""

import os

from blocks.sources.files_entries import Entry
from recovery.streams import BLOCK

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_HOLE = bytes(BLOCK)


def write_files(root: str, archive: int, entries: list[Entry]) -> None:
    """Makes these files, which must not be there yet.

    Args:
        root: what they are below, with a slash at its end.
        archive: its descriptor.
    """
    for entry in entries:
        descriptor = os.open(root + entry.name, _NEW, 0o600)
        try:
            _write(descriptor, archive, entry)
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


def _write(descriptor: int, archive: int, entry: Entry) -> None:
    for done in range(0, entry.size, BLOCK):
        block = memoryview(os.pread(archive, min(BLOCK, entry.size - done), entry.at + done))
        # A hole stays a hole.
        if len(block) == BLOCK and block == _HOLE:
            os.lseek(descriptor, BLOCK, os.SEEK_CUR)
            continue
        while block:
            block = block[os.write(descriptor, block) :]
    if entry.size > BLOCK:
        os.ftruncate(descriptor, entry.size)
