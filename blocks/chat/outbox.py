"""Keeps undelivered messages on this machine's disk, so that a run that ends or is killed loses none.

One file a message and chat. Whoever means to deliver it holds a lock on it, which ends with its process: so one message
is never sent by two, and what a dead process left is taken up by the next one.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from pydantic import ValidationError

from blocks.chat.kind import Message
from recovery.model import now

OLD = timedelta(days=7)
ASIDE = "aside"


class Letter:
    """A message on its way to one chat, and its file, if it has one."""

    def __init__(self, message: Message, path: Path | None = None, handle: int | None = None) -> None:
        self.message, self._path, self._handle = message, path, handle

    @property
    def kept(self) -> bool:
        """It is on disk: if it is not delivered now, another process will."""
        return self._path is not None

    def delivered(self) -> None:
        """It is not to be sent again."""
        if self._path:
            with contextlib.suppress(OSError):
                self._path.unlink()
        self.let_go()

    def put_aside(self) -> None:
        """It will not be sent; people can still read it."""
        if self._path:
            with contextlib.suppress(OSError):
                aside = self._path.parent / ASIDE
                aside.mkdir(exist_ok=True, mode=0o700)
                self._path.rename(aside / self._path.name)
        self.let_go()

    def let_go(self) -> None:
        """Any process may deliver it from now on."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


class Outbox:
    """The undelivered messages for one chat.

    Args:
        folder: of all outboxes on this machine.
        chat: the chat's reference, "type/name".
    """

    def __init__(self, folder: Path, chat: str) -> None:
        self._folder = folder / chat.replace("/", "__")

    def keep(self, message: Message) -> Letter:
        """Writes a message down. Where the disk takes none, the letter is in memory only."""
        name = f"{message.at:%Y%m%dT%H%M%S.%f}-{message.id}"
        draft, path = self._folder / f".{name}", self._folder / f"{name}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        except OSError:
            return Letter(message)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(handle, message.model_dump_json().encode())
            draft.rename(path)
        except OSError:
            os.close(handle)
            draft.unlink(missing_ok=True)
            return Letter(message)
        return Letter(message, path, handle)

    def left(self) -> Iterator[Letter]:
        """What nobody is delivering, the oldest first. Each must be let go, delivered or put aside."""
        try:
            found = sorted(self._folder.glob("*.json"))
        except OSError:
            return
        for path in found:
            if (letter := _take(path)) is not None:
                yield letter


def _take(path: Path) -> Letter | None:
    """A letter, unless another process has it, or has delivered it meanwhile."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        raw = os.read(handle, os.fstat(handle).st_size) if os.fstat(handle).st_nlink and path.exists() else b""
    except OSError:
        raw = b""
    if not raw:
        os.close(handle)
        return None
    try:
        message = Message.model_validate_json(raw)
    except ValidationError:
        Letter(_UNREADABLE, path, handle).put_aside()
        return None
    letter = Letter(message, path, handle)
    if now() - message.at > OLD:
        letter.put_aside()
        return None
    return letter


_UNREADABLE = Message(incident="", kind="note", title="")
