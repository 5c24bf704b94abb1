"""Serves what is measured to Prometheus. Scrapes read nothing from the vault: that is done in the background."""

import asyncio
import logging
import threading
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from recovery.metrics import HELP, Sample, Seen, samples_of
from recovery.model import now
from recovery.places import outbox, plan_names
from tasks.read_metrics import Cache, read_metrics

log = logging.getLogger("lifeboat")


class Measured(Collector):
    """What was read last.

    Args:
        on_platform: whether a Prefect server has the blocks; otherwise they are in the blocks file.
    """

    def __init__(self, on_platform: bool) -> None:
        self._on_platform, self._cache = on_platform, Cache()
        self._seen: tuple[Seen, ...] = ()

    def read(self) -> None:
        """Reads every plan anew; where one cannot be read, what was read of it before stays, and grows old."""
        found = {seen.application: seen for seen in self._seen}
        for plan in plan_names():
            try:
                seen = asyncio.run(read_metrics(plan, self._on_platform, self._cache))
            except Exception as error:  # noqa: BLE001  (whatever befalls one application, the others are measured)
                log.warning("%s could not be read: %s.", plan, type(error).__name__)
                continue
            found[seen.application] = seen
        self._seen = tuple(found.values())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        samples = [sample for seen in self._seen for sample in samples_of(seen, now())]
        samples += list(_undelivered())
        for name, text in HELP.items():
            mine = [sample for sample in samples if sample.name == name]
            if mine:
                family = GaugeMetricFamily(name, text, labels=list(mine[0].labels))
                for sample in mine:
                    family.add_metric(list(sample.labels.values()), sample.value)
                yield family


def _undelivered() -> Iterator[Sample]:
    for folder in sorted(outbox().glob("*/")):
        waiting = len(list(folder.glob("*.json")))
        yield Sample("lifeboat_undelivered_messages", {"chat": folder.name.replace("__", "/")}, waiting)


def print_metrics(on_platform: bool) -> str:
    """Reads once; the text that Prometheus, or the node exporter's textfile collector, takes."""
    measured = Measured(on_platform)
    measured.read()
    registry = CollectorRegistry()
    registry.register(measured)
    return generate_latest(registry).decode()


def serve(address: str, port: int, every: float, on_platform: bool, stop: threading.Event) -> None:
    """Serves until `stop` is set.

    Args:
        address: to listen at.
        port: to listen on.
        every: seconds between two readings of the vaults.
        on_platform: whether a Prefect server has the blocks.
        stop: ends it.
    """
    measured, registry = Measured(on_platform), CollectorRegistry()
    measured.read()
    registry.register(measured)
    server, thread = start_http_server(port, address, registry)
    log.info("Serving metrics at http://%s:%d/metrics.", address, server.server_port)
    while not stop.wait(every):
        measured.read()
    server.shutdown()
    thread.join(5)
