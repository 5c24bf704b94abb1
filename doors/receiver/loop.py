"""Loops that outlive whatever one round of theirs meets."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress

from doors.receiver.platform import AWAY

BUSY = 3.0  # seconds between two looks at what is under way
IDLE = 30.0
log = logging.getLogger("lifeboat.receiver")


async def keep_doing(round_: Callable[[], Awaitable[bool]], wake: asyncio.Event, stop: asyncio.Event) -> None:
    """Does one round after the other until `stop` is set: at once when `wake` is, else after a while.

    Args:
        round_: one round; returns whether something is under way that has to be looked at again soon.
        wake: set when something came in.
        stop: set when it is enough; whoever sets it sets `wake` too.
    """
    while not stop.is_set():
        wake.clear()
        pause = BUSY
        try:
            pause = BUSY if await round_() else IDLE
        except AWAY as error:
            log.warning("The Prefect server did not answer (%s); nothing is lost. Trying again.", type(error).__name__)
        except sqlite3.Error as error:
            log.error("The store failed: %s. Trying again.", error)
        except Exception:  # the receiver outlives whatever one round meets
            log.exception("A round failed. Trying again.")
        with suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), pause)
