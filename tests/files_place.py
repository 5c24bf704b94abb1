"""A folder with everything in it that a folder can hold."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from blocks.sources.files import FilesSource

ODD = b"gr\xfc\xdfe \\xff\n\xf0\x9f\x92\xa5"


class FilesPlace:
    def __init__(self, folder: Path) -> None:
        self.live, self.restored = folder / "live", folder / "restored"
        self.source = FilesSource(folder=str(self.live))
        self.target = FilesSource(folder=str(self.restored))
        self.unreachable = FilesSource(folder=str(folder / "not mounted"))
        self.staged = folder / "restored.staged"
        fill(self.live)

    @property
    def changes(self) -> dict[str, tuple[Callable[[], object], str]]:
        at = self.staged
        return {
            "one bit": (lambda: flip(at / "large.bin", 1_500_000), "file large.bin has the right number of bytes"),
            "the last bit": (lambda: flip(at / "large.bin", -1), "file large.bin has the right number of bytes"),
            "cut short": (lambda: os.truncate(at / "large.bin", 9), "file large.bin has 9 bytes, not 3000000"),
            "one added": (lambda: (at / "sub" / "new").touch(), "file sub/new is extra"),
            "one deleted": (lambda: (at / "sub" / "deep" / "plain.txt").unlink(), "file sub/deep/plain.txt is missing"),
            "emptied": (lambda: (at / "sub" / "second name").write_bytes(b""), "has 0 bytes, not 6"),
            "folder added": (lambda: (at / "another").mkdir(), "folder another is extra"),
            "folder gone": (lambda: (at / "empty folder").rmdir(), "folder empty folder is missing"),
            "mode": (lambda: (at / "script.sh").chmod(0o700), "attributes of script.sh is 0700"),
            "folder mode": (lambda: (at / "sub").chmod(0o777), "folder sub is 0777, not 2750"),
            "time": (lambda: os.utime(at / "script.sh", ns=(1, 1)), "attributes of script.sh is 0755 1,"),
            "link's target": (lambda: relink(at / "link"), "symbolic link link is other, not sub/deep/plain.txt"),
            "link made a file": (lambda: unlinked(at / "link"), "symbolic link link is missing"),
            "hard link parted": (lambda: parted(at / "sub" / "second name"), "hard link sub/second name is missing"),
            "odd name": (lambda: odd(at).unlink(), "is missing"),
        }

    def restore_again(self, archive: Path) -> None:
        self.target.restore(archive)

    def change_live(self) -> None:
        flip(self.live / "large.bin", 5)

    def break_mid_way(self, stream: BinaryIO) -> None:
        for path in (self.live / "sub").rglob("*"):
            if path.is_file() and not path.is_symlink():
                path.unlink()
        # One that cannot be read, also not by root.
        (self.live / "sub" / "loop").symlink_to("loop")
        (self.live / "sub" / "deep" / "later").write_bytes(b"x")
        self.live.rename(self.live.with_name("elsewhere"))

    def kept_beside(self) -> int:
        return len(list(self.restored.parent.glob("restored.before-*")))


def odd(folder: Path) -> Path:
    return folder / os.fsdecode(ODD)


def fill(folder: Path) -> None:
    for name in ("sub/deep", "empty folder", "unreadable later"):
        (folder / name).mkdir(parents=True)
    (folder / "large.bin").write_bytes(os.urandom(3_000_000))
    (folder / "empty").touch()
    (folder / "script.sh").write_text("#!/bin/sh\n")
    (folder / "script.sh").chmod(0o755)
    (folder / "sub" / "deep" / "plain.txt").write_text("plain")
    (folder / "sub" / "first name").write_text("shared")
    os.link(folder / "sub" / "first name", folder / "sub" / "second name")
    (folder / "link").symlink_to("sub/deep/plain.txt")
    (folder / "dangling").symlink_to("../../etc/nowhere")
    (folder / "link to a folder").symlink_to("sub")
    odd(folder).write_bytes(b"odd")
    (folder / "link to odd").symlink_to(os.fsdecode(ODD))
    long = folder.joinpath(*["a name of some length, forty letters long"] * 8)
    long.mkdir(parents=True)
    (long / "file.txt").write_text("far down")
    with (folder / "sparse").open("wb") as sparse:
        sparse.seek(5_000_000)
        sparse.write(b"end")
        sparse.truncate(9_000_001)
    (folder / "unreadable later").chmod(0o555)
    os.utime(folder / "script.sh", ns=(1_700_000_000_123_456_789, 1_700_000_000_123_456_789))
    os.utime(folder / "empty folder", ns=(987_654_321, 987_654_321))
    (folder / "sub").chmod(0o2750)
    os.mkfifo(folder / "pipe")


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    times = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def relink(path: Path) -> None:
    path.unlink()
    path.symlink_to("other")


def unlinked(path: Path) -> None:
    path.unlink()
    path.write_text("plain")


def parted(path: Path) -> None:
    data, mode = path.read_bytes(), stat.S_IMODE(path.stat().st_mode)
    path.unlink()
    path.write_bytes(data)
    path.chmod(mode)
