"""SIGINT and SIGTERM during a start: first they end it in order, then they must not disturb the clearing up."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible() -> Iterator[None]:
    """Within it, SIGTERM and SIGHUP raise SystemExit and SIGINT KeyboardInterrupt, so that `except` blocks run."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)

    with _handled_by(leave):
        yield


@contextmanager
def uninterruptible() -> Iterator[None]:
    """Within it, SIGINT, SIGTERM and SIGHUP are passed over. It must be short, and bounded."""
    with _handled_by(signal.SIG_IGN):
        yield


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> Iterator[None]:
    # Python allows it in the main thread only; no other thread ever sees a signal.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former if former is not None else signal.SIG_DFL)
