"""A folder as a stream of tar blocks (pax), each file hashed as it is read."""

import os
import stat
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from blake3 import blake3

from blocks.sources.files_tree import TRIES, Seen, printable, same, walk
from recovery.errors import RecoveryError, Unreachable
from recovery.streams import BLOCK

_RECORD = 512


class ArchiveWriter:
    """Reads a tree once. `seen` holds what went into the archive when `finished`."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._root = folder, f"{folder}/"
        self.seen, self.finished = Seen(), False

    def blocks(self) -> Iterator[bytes]:
        """The archive.

        Raises:
            RecoveryError: a file changed each time it was read, or could not be read.
        """
        try:
            for path, found in walk(self._folder):
                yield from self._entry(path, found)
        except OSError as error:
            where = printable(error.filename) if isinstance(error.filename, str) else str(self._folder)
            raise RecoveryError(f"{where} could not be read: {error.strerror}.") from error
        if not self._folder.is_dir():
            raise Unreachable(f"The folder {self._folder} went away while it was read.")
        yield bytes(2 * _RECORD)
        self.finished = True

    def _entry(self, path: str, found: os.stat_result) -> Iterator[bytes]:
        if stat.S_ISDIR(found.st_mode):
            self.seen.folder(path, found)
            yield _header(path, found, tarfile.DIRTYPE)
        elif stat.S_ISLNK(found.st_mode):
            try:
                target = os.readlink(self._folder / path)  # noqa: PTH115 - a Path would change its text
            except FileNotFoundError:
                return
            self.seen.link(path, target)
            yield _header(path, found, tarfile.SYMTYPE, target=target)
        elif first := self.seen.first_name(found):
            self.seen.hard_link(path, first)
            yield _header(path, found, tarfile.LNKTYPE, target=first)
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
                yield _header(path, found, tarfile.REGTYPE, size=found.st_size)
                left = found.st_size
                while left and (block := file.read(min(left, BLOCK))):
                    digest.update(block)
                    left -= len(block)
                    yield block
                whole = not left and same(found, os.fstat(descriptor))
            yield from _zeros(left + -found.st_size % _RECORD)
            if whole:
                self.seen.file(path, found, found.st_size, digest.hexdigest())
                return
        raise RecoveryError(
            f"The file {printable(path)} was changed each time it was read.",
            remedy="Back up when it is at rest, or leave it out of the folder.",
        )


def _header(path: str, found: os.stat_result, kind: bytes, size: int = 0, target: str = "") -> bytes:
    seconds, fraction = divmod(found.st_mtime_ns, 1_000_000_000)
    mtime = f"{seconds}.{fraction:09d}"
    if kind == tarfile.REGTYPE and fraction and path.isascii() and _fits(path, found, seconds, size):
        return _pax_record(len(mtime)).replace(_ANY * len(mtime), mtime.encode()) + _plain(path, found, seconds, size)
    entry = tarfile.TarInfo(path)
    entry.type, entry.size, entry.linkname = kind, size, target
    entry.mode, entry.uid, entry.gid = stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid
    entry.mtime = seconds
    # tarfile keeps times as floats, which cannot hold nanoseconds; the text given here goes before them.
    if fraction:
        entry.pax_headers = {"mtime": mtime}
    return entry.tobuf(tarfile.PAX_FORMAT)


# tarfile takes 40 microseconds a header, more than it takes to read and hash a small file. So for ordinary files its
# own headers serve as forms, of which a few fields are filled in.
_ANY = b"#"
_FORM = tarfile.TarInfo("").tobuf(tarfile.USTAR_FORMAT)


@cache
def _pax_record(length: int) -> bytes:
    form = tarfile.TarInfo("")
    form.pax_headers = {"mtime": (_ANY * length).decode()}
    return form.tobuf(tarfile.PAX_FORMAT)[: 2 * _RECORD]


def _fits(path: str, found: os.stat_result, seconds: int, size: int) -> bool:
    numbers_fit = 0 <= seconds < 8**11 and size < 8**11 and max(found.st_uid, found.st_gid) < 8**7
    return numbers_fit and len(path) <= 100


def _plain(path: str, found: os.stat_result, seconds: int, size: int) -> bytes:
    who = b"%07o\0%07o\0%07o\0" % (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)
    what = b"%011o\0%011o\0" % (size, seconds)
    front = path.encode().ljust(100, b"\0") + who + what
    rest = _FORM[len(front) + 8 :]
    # The checksum counts its own field as spaces.
    return front + b"%06o\0 " % (sum(front) + 8 * 32 + sum(rest)) + rest


def _zeros(count: int) -> Iterator[bytes]:
    while count > 0:
        yield bytes(min(count, BLOCK))
        count -= min(count, BLOCK)
