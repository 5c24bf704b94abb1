"""Runs blocking work beside the event loop, so that a piece of it that hangs can be left behind."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any


async def in_thread(work: Callable[[], Any], seconds: float) -> Any:
    """Runs blocking work in a thread of its own.

    `asyncio.to_thread` would do, but the end of its loop waits for every thread, for ever if need be.

    Args:
        work: what to do; it sees the caller's context, so that its log lines find their run.
        seconds: how long to wait for it. Python cannot end a thread: it is left to itself then.

    Raises:
        TimeoutError: it took longer.
    """
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    ended: asyncio.Future[Any] = loop.create_future()

    def settle(how: Callable[[Any], None], value: Any) -> None:
        if not ended.done():
            how(value)

    def report(how: Callable[[Any], None], value: Any) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, how, value)

    def run() -> None:
        try:
            result = context.run(work)
        except BaseException as error:  # noqa: BLE001  (it is the caller's, in the other thread)
            report(ended.set_exception, error)
        else:
            report(ended.set_result, result)

    threading.Thread(target=run, name="step", daemon=True).start()
    return await asyncio.wait_for(ended, seconds)
