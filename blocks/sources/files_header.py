"""The tar header (pax) of one file, folder or link."""

import os
import stat
import tarfile
from functools import cache

_RECORD = 512


def header(path: str, found: os.stat_result, kind: bytes, size: int = 0, target: str = "") -> bytes:
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
