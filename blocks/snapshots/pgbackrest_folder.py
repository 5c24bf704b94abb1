"""The folder that clusters are restored to: ours alone, so that no live cluster is ever overwritten."""

import shutil
from pathlib import Path

from blocks.snapshots.postgresql_leftover import stop_leftover
from blocks.snapshots.system_user import give
from recovery.errors import Refused


class RestoreFolder:
    """A file beside the folder says that it is ours, and what is in it once it is whole.

    Args:
        path: the data folder to be.
        user: who is to own it, where we are root.
    """

    def __init__(self, path: Path, user: str) -> None:
        self.path, self._user = path, user
        self.tablespaces = path.with_name(f"{path.name}.tablespaces")
        self._note = path.with_name(f"{path.name}.lifeboat")

    @property
    def restored(self) -> str | None:
        """What is whole in it."""
        return (self._note.read_text() or None) if self._note.is_file() and self.path.is_dir() else None

    def begin(self) -> None:
        """Makes it, empty.

        Raises:
            Refused: something else is there, or is in use.
        """
        if self.path.exists() and not self._note.is_file():
            remedy = "Name one that does not exist. A live cluster is never restored over."
            raise Refused(f"The folder {self.path} is there already, and was not made by a restore.", remedy=remedy)
        stop_leftover(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._note.write_text("")
        for folder in (self.path, self.tablespaces):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            give(folder, self._user)

    def finish(self, what: str) -> None:
        self._note.write_text(what)

    def discard(self) -> None:
        """Removes it, if it is ours. Idempotent.

        Raises:
            Refused: it is in use.
        """
        if self._note.is_file():
            stop_leftover(self.path)
            shutil.rmtree(self.path, ignore_errors=True)
            shutil.rmtree(self.tablespaces, ignore_errors=True)
            self._note.unlink()
