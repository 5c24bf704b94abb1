"""The way to one chat: its queue and its thread. A slow chat does not make another one wait."""

import threading
import time
from collections import deque

from blocks.chat.kind import Chat, Limited, Message
from blocks.chat.outbox import Letter, Outbox
from recovery.errors import RecoveryError, Refused
from recovery.model import now

ROOM = 1000  # messages that may wait for one chat in memory; more are dropped, and counted
PAUSE, LONGEST = 1.0, 600.0  # seconds between two tries, doubled with each
TRIES = 2  # of a message, when there is a hurry
LOOK = 30.0  # seconds between two looks for what other processes have left


class Route:
    """Delivers to one chat, in order. What other processes left comes after its own messages."""

    def __init__(self, chat: Chat, outbox: Outbox | None) -> None:
        self._chat, self._outbox = chat, outbox
        self._own: deque[Letter] = deque()
        self._changed = threading.Condition()
        self._hurry, self._given_up = threading.Event(), threading.Event()
        self._sending: Letter | None = None
        self._accepted = self._delivered = 0
        self.trouble: str | None = None
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)
        self._thread.start()

    def post(self, message: Message) -> None:
        with self._changed:
            self._accepted += 1
            if len(self._own) >= ROOM and not self._outbox:
                self.trouble = "too many messages were waiting"
                return
            letter = self._outbox.keep(message) if self._outbox else Letter(message)
            if self._given_up.is_set() or len(self._own) >= ROOM:
                letter.let_go()
                return
            self._own.append(letter)
            self._changed.notify_all()

    def hurry(self) -> None:
        """From now on a message that fails twice is the last that is tried."""
        self._hurry.set()
        with self._changed:
            self._changed.notify_all()

    def close(self, deadline: float) -> int:
        """Waits until the monotonic deadline; returns how many messages were not delivered."""
        self.hurry()
        self._thread.join(max(0.0, deadline - time.monotonic()))
        self._given_up.set()
        with self._changed:
            for letter in self._own:
                if letter is not self._sending:  # that one may arrive yet: nobody else is to send it meanwhile
                    letter.let_go()
            self._own.clear()
            return self._accepted - self._delivered

    def _work(self) -> None:
        failed, in_a_hurry = 0, False
        while not self._given_up.is_set() and (letter := self._next()) is not None:
            trouble = self._deliver(letter)
            if self._hurry.is_set() and not in_a_hurry:
                failed, in_a_hurry = 0, True
            failed = failed + 1 if trouble else 0
            if trouble and in_a_hurry and (failed == TRIES or isinstance(trouble, Limited)):
                return
            if trouble:
                wait = trouble.seconds if isinstance(trouble, Limited) else PAUSE * 2 ** min(failed - 1, 6)
                (self._given_up if in_a_hurry else self._hurry).wait(min(wait, LONGEST))

    def _next(self) -> Letter | None:
        """The next letter of its own, else one that another process has left; None when it is to end."""
        while True:
            with self._changed:
                if self._own:
                    return self._own[0]
                if self._hurry.is_set():
                    return None
            if self._outbox and (letter := next(self._outbox.left(), None)) is not None:
                return letter
            with self._changed:
                if not self._own and not self._hurry.is_set():
                    self._changed.wait(LOOK if self._outbox else None)

    def _deliver(self, letter: Letter) -> RecoveryError | None:
        """Tries once. Returns what went wrong where it is worth trying again."""
        self._sending = letter
        try:
            self._chat.post(letter.message.at_last(now()))
        except Refused as error:
            self._set_aside(letter, error.what)
        except RecoveryError as error:
            self.trouble = error.what
            self._keep_waiting(letter)
            return error
        except Exception as error:  # noqa: BLE001  a chat's defect must not end the thread, nor the recovery
            self._set_aside(letter, f"{type(error).__name__} in {type(self._chat).__name__}")
        else:
            self._done(letter, delivered=True)
            letter.delivered()
        finally:
            self._sending = None
        return None

    def _set_aside(self, letter: Letter, trouble: str) -> None:
        self.trouble = trouble
        self._done(letter, delivered=False)
        letter.put_aside()

    def _keep_waiting(self, letter: Letter) -> None:
        with self._changed:
            if not self._own or self._own[0] is not letter:
                letter.let_go()

    def _done(self, letter: Letter, delivered: bool) -> None:
        with self._changed:
            if self._own and self._own[0] is letter:
                self._own.popleft()
                self._delivered += delivered
