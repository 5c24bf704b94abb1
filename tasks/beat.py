"""Signs of life, as events of Prefect: where they stop, an automation tells people (`doors/dead_man.py`)."""

import logging
import time
from datetime import timedelta
from typing import Any

from prefect.events import emit_event

MONITOR, VERIFICATION = "lifeboat.monitor.heartbeat", "lifeboat.verification.heartbeat"
FLEET = "lifeboat.verification.fleet"  # the resource whose heartbeats the nightly verification gives
log = logging.getLogger("lifeboat")


def resource_of_monitor(application: str, vantage_point: str) -> str:
    """The resource that a monitor's heartbeats are of."""
    return f"lifeboat.monitor.{application}.{vantage_point}"


class Heartbeat:
    """Beats often enough, however often it is asked to.

    Args:
        resource: what it is of.
        silence: how long it may say nothing.
    """

    def __init__(self, resource: str, silence: timedelta) -> None:
        self._resource, self._every, self._last = resource, silence.total_seconds() / 4, -1e9

    def beat(self, **facts: Any) -> None:
        """Emits an event where it is time. Returns at once; a Prefect server that is away is no trouble here."""
        if time.monotonic() - self._last < self._every:
            return
        self._last = time.monotonic()
        beat_once(MONITOR, self._resource, **facts)


def beat_once(event: str, resource: str, **facts: Any) -> None:
    """Emits one sign of life. Returns at once, never raises."""
    try:
        emit_event(event, resource={"prefect.resource.id": resource}, payload=facts)
    except Exception as error:  # noqa: BLE001  (whatever Prefect's client does, the work goes on)
        log.warning("The heartbeat was not sent: %s.", type(error).__name__)
