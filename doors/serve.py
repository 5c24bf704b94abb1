"""The long-running doors: until they are asked to end (SIGTERM or Ctrl-C), they run."""

import asyncio
import logging
import signal
import sys
import threading

from blocks.zones.kind import Zone
from recovery.errors import Missing
from recovery.places import plan_file
from recovery.plan_file import read_plan


def serve_runner(pool: str) -> int:
    """Serves a work pool until it is asked to end."""
    from doors.runner import Runner

    _log_to_stderr()

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await Runner(pool).serve(stop)

    asyncio.run(serve())
    return 0


def serve_monitor(plan: str) -> int:
    """Watches one application until it is asked to end."""
    from blocks.registry import load_blocks
    from doors.monitor import Monitor

    _log_to_stderr()
    read = read_plan(plan_file(plan))
    zone = asyncio.run(load_blocks({read.dns.zone}))[read.dns.zone]
    if not isinstance(zone, Zone):
        raise Missing(f"{read.dns.zone} is not a DNS zone.", remedy="See `lifeboat plan check`.")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Monitor(read, zone).watch(stop)
    return 0


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s  %(message)s", stream=sys.stderr, datefmt="%H:%M:%S")
    logging.getLogger("lifeboat").setLevel(logging.INFO)
