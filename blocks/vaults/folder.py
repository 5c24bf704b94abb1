"""A vault in a folder: a mounted disk or share."""

import contextlib
import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from blake3 import blake3
from pydantic import Field

from blocks.vaults.kind import ABSENT, ANY, Entry, Stored, Vault
from recovery.errors import Conflict, Missing, RecoveryError, Unreachable

_LOCK, _PARTIAL = ".lock", ".partial"


class FolderVault(Vault):
    """A store of objects in a folder that outlives the primary site, such as a mounted share.

    An object is written aside, flushed to disk and renamed, so there is never half of one. The folder must exist:
    an empty mount point is not mistaken for an empty vault. It has no lock against deletion: keep a second copy.
    """

    _block_type_name = "Folder vault"
    _block_type_slug = "folder-vault"
    _description = "Keeps backups in a folder, such as a mounted disk or share."

    folder: str = Field(title="Folder", description="The vault's folder. It must exist.")
    lock_timeout_seconds: float = Field(
        default=10, gt=0, title="Lock time-out", description="How long to wait for another writer, in seconds."
    )

    def put(self, key: str, data: bytes, expect: str = ANY) -> str:
        path = self._path(key)
        with self._reached(), self._partial(data) as partial, self._locked():
            found = _version(path)
            if expect not in (ANY, found):
                raise Conflict(f"{key} in {self.folder} is not what was expected: {found[:12]}, not {expect[:12]}.")
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial.replace(path)
            _flush_folder(path.parent)
        return blake3(data).hexdigest()

    def get(self, key: str) -> Stored:
        path = self._path(key)
        with self._reached():
            try:
                data = path.read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                raise Missing(f"{key} is not in the vault {self.folder}.") from None
        return Stored(data=data, version=blake3(data).hexdigest())

    def entries(self, prefix: str) -> list[Entry]:
        start = self._root / PurePosixPath(prefix + "x").parent
        with self._reached():
            found = [entry for entry in self._walk(start) if entry.key.startswith(prefix)]
        return sorted(found, key=lambda entry: entry.key)

    def remove(self, key: str) -> None:
        path = self._path(key)
        with self._reached(), self._locked():
            path.unlink(missing_ok=True)
            for parent in path.parents:
                if parent == self._root or not parent.is_dir() or any(parent.iterdir()):
                    break
                parent.rmdir()

    @property
    def _root(self) -> Path:
        return Path(self.folder)

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if not key or any(not part or part.startswith(".") or "\0" in part for part in parts):
            raise RecoveryError(f"{key!r} is no key: its parts must not be empty or begin with a dot.")
        return self._root.joinpath(*parts)

    def _walk(self, start: Path) -> Iterator[Entry]:
        for folder, folders, names in os.walk(start):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                path = Path(folder, name)
                # Another process may remove it between the listing and this look.
                with contextlib.suppress(FileNotFoundError):
                    seen = path.stat()
                    written = datetime.fromtimestamp(seen.st_mtime, UTC)
                    if not name.startswith("."):
                        key = path.relative_to(self._root).as_posix()
                        yield Entry(key=key, size=seen.st_size, written_at=written)

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        if not self._root.is_dir():
            raise Unreachable(f"The vault folder {self.folder} is not there.", remedy="Is its disk mounted?")
        try:
            yield
        except OSError as error:
            raise Unreachable(f"The vault folder {self.folder} failed: {error.strerror}.") from error

    @contextlib.contextmanager
    def _partial(self, data: bytes) -> Iterator[Path]:
        path = self._root / _PARTIAL / uuid.uuid4().hex
        path.parent.mkdir(exist_ok=True, mode=0o700)
        try:
            with open(path, "xb", opener=_private) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield path
        finally:
            path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        deadline = time.monotonic() + self.lock_timeout_seconds
        with open(self._root / _LOCK, "ab", opener=_private) as file:
            while not _take(file.fileno()):
                if time.monotonic() > deadline:
                    raise Unreachable(f"The vault folder {self.folder} is locked by another writer.")
                time.sleep(0.01)
            yield


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _version(path: Path) -> str:
    return blake3(path.read_bytes()).hexdigest() if path.is_file() else ABSENT


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
