"""Delivers messages in the background, so that no chat ever holds up a recovery."""

import contextlib
import queue
import threading
import time
from collections.abc import Sequence

from blocks.chat.kind import Chat, Message
from recovery.errors import RecoveryError

TRIES = 2
PAUSE = 1.0


class _Route:
    """One chat, its queue and its thread: a slow chat does not make another one wait."""

    def __init__(self, chat: Chat, room: int) -> None:
        self._chat = chat
        self._queue: queue.Queue[Message | None] = queue.Queue(room)
        self._stop = threading.Event()
        self._counting = threading.Lock()
        self._accepted = self._delivered = 0
        self.trouble: str | None = None
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)
        self._thread.start()

    def post(self, message: Message) -> None:
        with self._counting:
            self._accepted += 1
        try:
            self._queue.put_nowait(message)
        except queue.Full:
            self.trouble = "too many messages were waiting"

    def close(self, deadline: float) -> int:
        """Waits until the monotonic deadline; returns how many messages were not delivered."""
        while self._thread.is_alive() and (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(queue.Full):
                self._queue.put(None, timeout=left)
                self._thread.join(max(0.0, deadline - time.monotonic()))
        self._stop.set()
        with self._counting:
            return self._accepted - self._delivered

    def _work(self) -> None:
        while (message := self._queue.get()) is not None and not self._stop.is_set():
            self._deliver(message)

    def _deliver(self, message: Message) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                self._chat.post(message)
            except RecoveryError as error:
                self.trouble = error.what
            except Exception as error:  # noqa: BLE001  a chat's defect must not end the thread, nor the recovery
                self.trouble = f"{type(error).__name__} in {type(self._chat).__name__}"
                return
            else:
                with self._counting:
                    self._delivered += 1
                return
            if attempt == TRIES or self._stop.wait(PAUSE):
                return


class Courier:
    """Takes messages at once and delivers each to every chat, in order, as well as it can."""

    def __init__(self, chats: Sequence[Chat], room: int = 100) -> None:
        """Args:
        chats: where to.
        room: how many messages may wait for one chat; more are dropped, and counted.
        """
        self._routes = [_Route(chat, room) for chat in chats]
        self._late = 0
        self._closed = False

    @property
    def troubles(self) -> tuple[str, ...]:
        """The latest trouble of each chat that had any."""
        return tuple(route.trouble for route in self._routes if route.trouble)

    def post(self, message: Message) -> None:
        """Takes a message. Returns at once, never raises."""
        if self._closed:
            self._late += len(self._routes)
            return
        for route in self._routes:
            route.post(message)

    def close(self, deadline_seconds: float) -> int:
        """Waits for what is still on its way.

        Args:
            deadline_seconds: how long at most; what is not delivered by then never will be.

        Returns:
            How many messages were not delivered, counted for every chat.
        """
        self._closed = True
        deadline = time.monotonic() + deadline_seconds
        return self._late + sum(route.close(deadline) for route in self._routes)
