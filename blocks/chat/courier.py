"""Delivers messages in the background, so that no chat ever holds up a recovery."""

import time
from collections.abc import Collection, Mapping
from pathlib import Path

from blocks.chat.kind import Chat, Message
from blocks.chat.outbox import Outbox
from blocks.chat.route import Route


class Courier:
    """Takes messages at once and delivers each to its chats, in order, as well as it can.

    What cannot be delivered is kept on disk and sent when the chat is back: by this process, or by the next one that
    has a courier for that chat.
    """

    def __init__(self, chats: Mapping[str, Chat], outbox: Path | None = None) -> None:
        """Args:
        chats: where to, by "type/name".
        outbox: the folder in which undelivered messages are kept; without it they are lost with the process.
        """
        self._routes = {
            name: Route(chat, Outbox(outbox, name) if outbox else None) for name, chat in dict(chats).items()
        }

    @property
    def troubles(self) -> tuple[str, ...]:
        """The latest trouble of each chat that had any."""
        return tuple(route.trouble for route in self._routes.values() if route.trouble)

    def post(self, message: Message, to: Collection[str] | None = None) -> None:
        """Takes a message. Returns at once, never raises.

        Args:
            message: what to tell.
            to: which of the chats; all without it.
        """
        for name, route in self._routes.items():
            if to is None or name in to:
                route.post(message)

    def close(self, deadline_seconds: float) -> int:
        """Waits for what is still on its way.

        Args:
            deadline_seconds: how long at most.

        Returns:
            How many messages were not delivered, counted for every chat.
        """
        deadline = time.monotonic() + deadline_seconds
        for route in self._routes.values():
            route.hurry()
        return sum(route.close(deadline) for route in self._routes.values())
