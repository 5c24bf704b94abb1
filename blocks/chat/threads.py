"""Remembers on this machine which thread an incident has in a chat, for runs that go on with the incident."""

import hashlib
import os
import tempfile
from pathlib import Path

from pydantic import ValidationError

from blocks.chat.kind import Message
from recovery.model import Frozen
from recovery.places import home


class Thread(Frozen):
    """An incident's thread.

    Args:
        first: the message that began it.
        handle: what the chat calls that message.
        place: what the chat calls the channel it is in, where it told so.
    """

    first: Message
    handle: str
    place: str = ""


class Threads:
    """The threads of one chat.

    Args:
        chat: what tells it from others, without secrets.
    """

    def __init__(self, *chat: str) -> None:
        self._chat = chat
        self._known: dict[str, Thread] = {}

    def find(self, incident: str) -> Thread | None:
        """The incident's thread, if it has one."""
        if incident not in self._known:
            try:
                self._known[incident] = Thread.model_validate_json(self._file(incident).read_bytes())
            except (OSError, ValidationError):
                return None
        return self._known[incident]

    def remember(self, thread: Thread) -> None:
        """Where the disk takes nothing, it is remembered as long as this process lasts."""
        self._known[thread.first.incident] = thread
        file = self._file(thread.first.incident)
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, draft = tempfile.mkstemp(dir=file.parent)
            with os.fdopen(handle, "wb") as stream:
                stream.write(thread.model_dump_json().encode())
            Path(draft).rename(file)
        except OSError:
            return

    def _file(self, incident: str) -> Path:
        name = hashlib.sha256("\n".join([*self._chat, incident]).encode()).hexdigest()[:32]
        return home() / "threads" / f"{name}.json"
