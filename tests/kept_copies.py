"""The smallest provider that keeps its own backups: a folder of copies of one file."""

import shutil
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from blocks.snapshots.kind import Expired, ManagedBackup, Shown, Taken
from recovery.errors import Missing, NotProved


class KeptCopies(ManagedBackup):
    """Copies of one file."""

    _block_type_name = "Kept copies"
    _block_type_slug = "kept-copies"

    live: Path
    folder: Path

    @property
    def address(self) -> str:
        return f"file://{self.live}"

    @property
    def restored(self) -> Path:
        return self.folder / "restored"

    def take(self, name: str) -> Taken:
        if not self._path(name).exists():
            shutil.copy(self.live, self._path(name))
        return self._taken(self._path(name))

    def backups(self) -> list[Taken]:
        return [self._taken(path) for path in sorted(self.folder.glob("*.copy"), reverse=True)]

    def restore(self, name: str) -> str:
        if not self._path(name).exists():
            raise Missing(f"There is no copy {name}.")
        if b"torn" in self._path(name).read_bytes():
            raise NotProved(f"The copy {name} cannot be read.")
        shutil.copy(self._path(name), self.restored)
        return str(self.restored)

    def prove(self, name: str) -> Shown:
        if not self.restored.exists():
            return Shown(depth="listed", sentence="It is there.")
        wrong = () if b"order" in self.restored.read_bytes() else ("There is no order in it.",)
        return Shown(depth="restored", sentence="Its orders were read.", problems=wrong)

    def discard(self) -> None:
        self.restored.unlink(missing_ok=True)

    def expire(self, keep: Collection[str]) -> Expired:
        gone = [path for path in self.folder.glob("*.copy") if path.stem not in keep]
        for path in gone:
            path.unlink()
        return Expired(removed=tuple(path.stem for path in gone), held=("The moon holds none.",))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.copy"

    def _taken(self, path: Path) -> Taken:
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return Taken(name=path.stem, reference=f"copy-{path.stem}", place=str(self.folder), taken_at=at)
