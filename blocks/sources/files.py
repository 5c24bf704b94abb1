"""Files in a folder."""

import glob
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from blocks.sources.files_extract import extract
from blocks.sources.files_reading import FilesReading
from blocks.sources.files_tree import tree_content
from blocks.sources.kind import Reading, Source
from recovery.content import Content
from recovery.errors import Missing, RecoveryError, Unreachable


class FilesSource(Source):
    """A folder of files, with its folders, symbolic and hard links, modes and times, and names of any bytes.

    Every file is hashed while it is read. A folder has no snapshot: each file is whole in itself, also one that is
    written meanwhile, but two files may be of different moments. Files whose inode, size, times and mode are as in the
    last backup are not read again (see docs/files.md). A restore goes to `<folder>.staged`; `activate`
    renames it, and keeps what was live as `<folder>.before-<time>`. Where root restores, owners are kept, by number.
    Not in a backup: sockets, pipes and devices, extended attributes and access lists.
    """

    _block_type_name = "Files source"
    _block_type_slug = "files"
    _description = "A folder of files: hashed while it is read, restored beside the live one."

    folder: str = Field(min_length=2, title="Folder", description="The folder. Copies of it are put beside it.")

    full_every: int = Field(
        default=7,
        ge=1,
        le=50,  # as many keys as KMS wraps at once
        title="Full every",
        description="Every so many backups, all files are read and sent anew. 1: always.",
    )

    @property
    def address(self) -> str:
        return f"file://{os.path.realpath(self.folder)}"

    def read(self) -> Reading:
        self._must_be_there()
        return FilesReading(self._live, self.address, self.full_every)

    def restore(self, archive: Path) -> None:
        with self._failing("be restored"):
            _remove(self._staging)
            self._live.parent.mkdir(parents=True, exist_ok=True)
            extract(archive, self._staging)
            _remove(self._staged)
            # Only a whole restore gets the name that `activate` looks for.
            self._staging.rename(self._staged)

    def content(self, staged: bool) -> Content:
        folder = self._staged if staged else self._live
        if staged and not folder.is_dir():
            raise Missing(f"{folder} does not exist: nothing was restored.")
        self._must_be_there(folder)
        with self._failing("be read"):
            return tree_content(folder, self.address)

    def activate(self) -> None:
        with self._failing("be swapped"):
            if self._staged.is_dir():
                if self._live.exists():
                    self._live.rename(self._beside(f".before-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"))
                self._staged.rename(self._live)
            elif not self._live.is_dir():
                raise Missing(f"{self._staged} does not exist: nothing was restored.")

    def discard(self) -> None:
        with self._failing("be removed"):
            _remove(self._staged)
            _remove(self._staging)

    def erase(self) -> None:
        self.discard()
        with self._failing("be removed"):
            for kept in self._live.parent.glob(glob.escape(self._live.name) + ".before-*"):
                _remove(kept)
            _remove(self._live)

    def count_live(self) -> int:
        with self._failing("be read"):
            kept = [*self._live.parent.glob(glob.escape(self._live.name) + ".before-*")]
            return len(kept) + (sum(1 for _ in self._live.iterdir()) if self._live.is_dir() else 0)

    def staged_folder(self) -> Path:
        return self._staged

    @property
    def _live(self) -> Path:
        return Path(os.path.realpath(self.folder))

    @property
    def _staged(self) -> Path:
        return self._beside(".staged")

    @property
    def _staging(self) -> Path:
        return self._beside(".staging")

    def _beside(self, ending: str) -> Path:
        return self._live.with_name(self._live.name + ending)

    def _must_be_there(self, folder: Path | None = None) -> None:
        if not (folder or self._live).is_dir():
            raise Unreachable(f"The folder {folder or self._live} is not there.", remedy="Is its disk mounted?")

    def _failing(self, how: str) -> "_Translated":
        return _Translated(f"The folder {self._live} could not {how}")


class _Translated:
    """Errors of the operating system as ours."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, OSError):
            where = f" ({os.fsencode(error.filename)!r})" if isinstance(error.filename, str) else ""
            raise RecoveryError(f"{self._what}: {error.strerror}{where}.") from error


def _remove(folder: Path) -> None:
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
