"""What every chat can do."""

import asyncio
from abc import ABC, abstractmethod
from typing import Literal

from prefect.blocks.abstract import NotificationBlock

from recovery.model import Frozen


class Message(Frozen):
    """Something to tell people, in plain words.

    Args:
        incident: its identifier; messages of one incident belong together.
        kind: what happened.
        title: one line.
        lines: more lines.
        links: label to address (the run, the approval, the report).
    """

    incident: str
    kind: Literal["started", "needs approval", "finished", "failed", "note"]
    title: str
    lines: tuple[str, ...] = ()
    links: dict[str, str] = {}


class Chat(NotificationBlock, ABC):
    """A place where people are told. Delivery is best effort: it never holds up a recovery."""

    async def notify(self, body: str, subject: str | None = None) -> None:
        """What an automation of the Prefect server has to say. Each is a thread of its own.

        Raises:
            Unreachable: it was not delivered; the automation's record says so.
        """
        title = subject or "Prefect"
        message = Message(incident=title, kind="note", title=title, lines=tuple(body.splitlines()))
        await asyncio.to_thread(self.post, message)

    @abstractmethod
    def post(self, message: Message) -> None:
        """Posts one message.

        Raises:
            Unreachable: it was not delivered within the block's time-out.
        """
