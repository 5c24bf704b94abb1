"""The long-running doors: until they are asked to end (SIGTERM or Ctrl-C), they run."""

import asyncio
import os
import signal
import threading
from pathlib import Path

from blocks.chat.courier import Courier
from blocks.vaults.kind import Vault
from blocks.zones.kind import Zone
from doors.logs import log_to_stderr
from recovery.errors import Missing
from recovery.places import outbox, plan_file
from recovery.plan_file import read_plan
from recovery.plan_references import chats

LAST_WORDS = 5.0  # seconds that undelivered messages may take at the end


def serve_runner(pool: str) -> int:
    """Serves a work pool until it is asked to end."""
    from doors.runner import Runner

    log_to_stderr()

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await Runner(pool).serve(stop)

    asyncio.run(serve())
    return 0


def serve_monitor(plan: str, vantage_point: str) -> int:
    """Watches one application from one vantage point until it is asked to end."""
    from blocks.registry import load_blocks
    from doors.monitor import Monitor
    from doors.records import Records
    from tasks.beat import Heartbeat, resource_of_monitor
    from tasks.load_chats import load_chats

    log_to_stderr()
    read = read_plan(plan_file(plan))
    if read.automatic.vantage_points and vantage_point not in read.automatic.vantage_points:
        known = ", ".join(read.automatic.vantage_points)
        raise Missing(f"The plan knows no vantage point {vantage_point}.", remedy=f"--vantage-point: one of {known}.")
    asked = {name for probe in read.monitor.probes for name in probe.blocks}
    blocks = asyncio.run(load_blocks({read.dns.zone, read.backup.vault, *asked}))
    zone, vault = blocks[read.dns.zone], blocks[read.backup.vault]
    if not isinstance(zone, Zone) or not isinstance(vault, Vault):
        what = f"{read.dns.zone} is not a DNS zone, or {read.backup.vault} is not a vault."
        raise Missing(what, remedy="See `lifeboat plan check`.")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    courier = Courier(asyncio.run(load_chats(chats(read), on_platform=True)), outbox())
    pulse = Heartbeat(resource_of_monitor(read.application, vantage_point), read.monitor.silence)
    records = Records(vault, read.application)
    Monitor(read, zone, records, vantage_point, blocks=blocks, courier=courier, heartbeat=pulse).watch(stop)
    courier.close(LAST_WORDS)
    return 0


def serve_receiver(path: Path, check: bool) -> int:
    """Receives alerts until it is asked to end."""
    from doors.receiver.serve import check_receiver, run_receiver
    from recovery.alerts.configuration_file import read_configuration

    log_to_stderr()
    configuration = read_configuration(path, os.environ)
    if check:
        return check_receiver(configuration)
    asyncio.run(run_receiver(configuration))
    return 0
