"""The quick way to write an ordinary file's tar header gives what tarfile itself would write."""

import os
import stat
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from blocks.sources.files_header import header as header_of


@pytest.mark.parametrize("name", ["a", "folder/file.txt", "#" * 40, "n" * 100, "n" * 101, "f/" * 90 + "x", "grün"])
@pytest.mark.parametrize("nanoseconds", [0, 1, 999_999_999])
@pytest.mark.parametrize("mode", [0o644, 0o4755, 0])
def test_every_header_is_read_back(tmp_path: Path, name: str, nanoseconds: int, mode: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"data")
    path.chmod(mode)
    os.utime(path, ns=(0, 1_700_000_000_000_000_000 + nanoseconds))
    found = path.stat()
    header = header_of(name, found, tarfile.REGTYPE, size=4)
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = 4, stat.S_IMODE(found.st_mode), 1_700_000_000
    entry.uid, entry.gid = found.st_uid, found.st_gid
    if nanoseconds:
        entry.pax_headers = {"mtime": f"1700000000.{nanoseconds:09d}"}
    assert header == entry.tobuf(tarfile.PAX_FORMAT)
    with tarfile.open(fileobj=BytesIO(header + b"data".ljust(512, b"\0") + bytes(1024))) as archive:
        assert archive.getmember(name).size == 4
