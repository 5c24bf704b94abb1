"""The worker's loop: it outlives whatever one round meets."""

import asyncio
import logging
import sqlite3
from datetime import timedelta

from doors.receiver.platform import AWAY
from doors.receiver.store import Store
from doors.receiver.worker import Worker
from recovery.model import now

log = logging.getLogger("lifeboat.receiver")
TICK = timedelta(seconds=3)  # between two looks at what is under way


async def work(worker: Worker, store: Store, wake: asyncio.Event, stop: asyncio.Event) -> None:
    """Works until `stop` is set: at once when something came in, else every few seconds while something is open."""
    pause, pruned = TICK.total_seconds(), now()
    while not stop.is_set():
        wake.clear()
        try:
            busy = await worker.round()
            pause = TICK.total_seconds() * (1 if busy else 10)
            if now() - pruned > timedelta(hours=1):
                await asyncio.to_thread(store.prune, now())
                pruned = now()
        except AWAY as error:
            log.warning("The Prefect server did not answer (%s); nothing is lost. Trying again.", type(error).__name__)
            pause = TICK.total_seconds()
        except sqlite3.Error as error:
            log.error("The store failed: %s. Trying again.", error)
            pause = TICK.total_seconds()
        except Exception:  # the receiver outlives whatever one round meets
            log.exception("A round failed. Trying again.")
            pause = TICK.total_seconds()
        waits = [asyncio.ensure_future(wake.wait()), asyncio.ensure_future(stop.wait())]
        await asyncio.wait(waits, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        for each in waits:
            each.cancel()
