"""What every chat can do."""

import asyncio
import uuid
from abc import ABC, abstractmethod
from datetime import datetime, timedelta

from prefect.blocks.abstract import NotificationBlock, NotificationError
from pydantic import Field

from recovery.errors import NotProved, RecoveryError, Unreachable
from recovery.model import Frozen, now
from recovery.plan_notifications import Topic
from recovery.telling import Told

SOON = timedelta(minutes=1)


class Message(Frozen):
    """Something to tell people, in plain words.

    Args:
        incident: its identifier; messages of one incident belong together.
        kind: what happened.
        title: one line.
        lines: more lines.
        links: label to address (the run, the approval, the report).
        topic: what it is of, in the plan's words.
        at: when it was written.
        id: of this message alone: whoever gets it twice can tell by it.
    """

    incident: str
    kind: Told
    title: str
    lines: tuple[str, ...] = ()
    links: dict[str, str] = {}
    topic: Topic = "note"
    at: datetime = Field(default_factory=now)
    id: str = Field(default_factory=lambda: uuid.uuid4().hex)

    def at_last(self, at: datetime) -> "Message":
        """The same, with a line that says so where it is delivered late."""
        if at - self.at < SOON:
            return self
        late = f"Told late: this is of {self.at:%Y-%m-%d %H:%M:%S} UTC."
        return self.model_copy(update={"lines": (*self.lines, late)})


class Limited(Unreachable):
    """A chat that takes no more messages for a while.

    Args:
        what: what failed.
        seconds: how long it wants to be left alone.
    """

    def __init__(self, what: str, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(what)


class Chat(NotificationBlock, ABC):
    """A place where people are told. Delivery is best effort: it never holds up a recovery."""

    @abstractmethod
    def post(self, message: Message) -> None:
        """Posts one message.

        Raises:
            Limited: it takes none for a while.
            Unreachable: it was not delivered within the block's time-out; trying again may help.
            Refused: this message is turned down, whenever it comes.
        """

    async def notify(self, body: str, subject: str | None = None) -> None:
        """What an automation of a Prefect server sends. Messages of the same subject belong together.

        Raises:
            NotificationError: it was not delivered. Nobody tries again.
        """
        title = subject or "Prefect automation"
        lines = tuple(line for line in body.splitlines() if line.strip())
        message = Message(incident=f"automation: {title}", kind="failed", title=title, lines=lines, topic="outage")
        try:
            await asyncio.to_thread(self.post, message)
        except RecoveryError as error:
            raise NotificationError(error.what) from None

    def ask(self) -> None:
        """Asks whether a message would be taken, without posting one.

        Raises:
            Unreachable: it does not answer, or would not take one.
            NotProved: this chat cannot be asked.
        """
        raise NotProved(f"{self._block_type_name or type(self).__name__} cannot be asked without posting.")
