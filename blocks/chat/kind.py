"""What every chat can do."""

from abc import ABC, abstractmethod
from typing import Literal

from prefect.blocks.core import Block

from recovery.errors import NotProved
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


class Chat(Block, ABC):
    """A place where people are told. Delivery is best effort: it never holds up a recovery."""

    @abstractmethod
    def post(self, message: Message) -> None:
        """Posts one message.

        Raises:
            Unreachable: it was not delivered within the block's time-out.
        """

    def ask(self) -> None:
        """Asks whether a message would be taken, without posting one.

        Raises:
            Unreachable: it does not answer, or would not take one.
            NotProved: this chat cannot be asked.
        """
        raise NotProved(f"{self._block_type_name or type(self).__name__} cannot be asked without posting.")
