"""Reading a tar archive's headers: a generator of its entries, quick for ordinary ones.

`tarfile` takes 50 microseconds an entry, as long as it takes to make the file. What its own writer makes of ordinary
files and folders is read here directly; everything else is given to `tarfile`.
"""

import io
import os
import re
import stat
import tarfile
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from recovery.errors import NotProved

_RECORD = 512
_MTIME_ONLY = re.compile(rb"\d+ mtime=(-?\d+(?:\.\d+)?)\n")
_KINDS = {b"0": stat.S_IFREG, b"5": stat.S_IFDIR}


class Entry(NamedTuple):
    """One entry.

    Args:
        name: of any bytes, as the operating system's functions take them.
        kind: `stat.S_IFREG`, `S_IFDIR`, `S_IFLNK`; 0 for a hard link; -1 for what an archive of ours never holds.
        at, size: where its bytes lie in the archive.
        mode, uid, gid: as the entry says; the mode without its kind.
        mtime: in nanoseconds.
        target: of a link.
    """

    name: str
    kind: int
    at: int
    size: int
    mode: int
    uid: int
    gid: int
    mtime: int
    target: str = ""

    @property
    def end(self) -> int:
        """Where the next entry begins."""
        return self.at + self.size + -self.size % _RECORD


def entries_of(archive: BinaryIO) -> Iterator[Entry]:
    """Every entry, in order, up to the archive's own end mark.

    Raises:
        NotProved: it is damaged, or cut short.
    """
    at, whole = 0, os.fstat(archive.fileno()).st_size
    # One opened for reading would begin to read by itself, and one that is closed would write to the archive.
    tar = tarfile.TarFile(fileobj=io.BytesIO(), mode="w", errors="surrogateescape")
    while any((headers := os.pread(archive.fileno(), 3 * _RECORD, at))[:_RECORD]):
        entry = _ordinary(headers, at) or _other(archive, at, tar)
        if entry.end > whole:
            raise NotProved(f"The archive ends within {entry.name!r}.")
        yield entry
        at = entry.end
    if at + _RECORD > whole:
        raise NotProved("The archive has no end mark: it was cut short.")


def _ordinary(headers: bytes, at: int) -> Entry | None:
    """The entry, where it is one that needs nothing of `tarfile`.

    Args:
        headers: the first three records: one more header, what it says, and the entry's own.
    """
    header, mtime = headers[:_RECORD], b""
    if header[156:157] == b"x":
        size = _octal(header[124:136])
        found = _MTIME_ONLY.fullmatch(headers[_RECORD : _RECORD + size]) if size < _RECORD else None
        if found is None or not _sound(header):
            return None
        mtime, at = found[1], at + 2 * _RECORD
        header = headers[2 * _RECORD :]
    kind = _KINDS.get(header[156:157])
    if kind is None or header[257:265] != b"ustar\x0000" or header[345] or not _sound(header):
        return None
    name, size = header[:100].rstrip(b"\0").rstrip(b"/"), _octal(header[124:136])
    if not name.isascii() or size < 0:
        return None
    mode, uid, gid = _octal(header[100:108]), _octal(header[108:116]), _octal(header[116:124])
    whole = mtime.decode() or str(_octal(header[136:148]))
    return Entry(name.decode(), kind, at + _RECORD, size, mode, uid, gid, _nanoseconds(whole))


def _sound(header: bytes) -> bool:
    return sum(header) - sum(header[148:156]) + 8 * 32 == _octal(header[148:156])


def _octal(field: bytes) -> int:
    """-1 where it is no plain number, so that `tarfile` is asked."""
    digits = field.rstrip(b"\0 ")
    return int(digits, 8) if digits.isdigit() else -1


def _other(archive: BinaryIO, at: int, tar: tarfile.TarFile) -> Entry:
    archive.seek(at)
    tar.fileobj, tar.offset = archive, at
    try:
        found = tarfile.TarInfo.fromtarfile(tar)
    except (tarfile.TarError, ValueError) as error:
        raise NotProved(f"The archive is damaged: {error}.") from error
    kind = -1
    if found.isreg():
        kind = stat.S_IFREG
    elif found.isdir():
        kind = stat.S_IFDIR
    elif found.issym():
        kind = stat.S_IFLNK
    elif found.islnk():
        kind = 0
    mtime = _nanoseconds(str(found.pax_headers.get("mtime", int(found.mtime))))
    size = found.size if found.isreg() else 0
    mode = stat.S_IMODE(found.mode)
    return Entry(found.name, kind, found.offset_data, size, mode, found.uid, found.gid, mtime, found.linkname)


def _nanoseconds(text: str) -> int:
    """Of seconds with a fraction, without the rounding that a float brings."""
    whole, _, fraction = text.partition(".")
    return int(whole) * 1_000_000_000 + int(f"{fraction:0<9}"[:9] or "0")
