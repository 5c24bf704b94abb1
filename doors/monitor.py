"""The uptime monitor: asks the application by its name, and starts its failover when it stays silent."""

import logging
import threading
from urllib.parse import urlsplit

import httpx
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectException

from blocks.zones.kind import Zone
from recovery.errors import RecoveryError
from recovery.failover import Alert
from recovery.model import now
from recovery.plan import HealthProbe, Plan
from recovery.uptime import Uptime
from tasks.requests import ProbeResult, ask

log = logging.getLogger("lifeboat.monitor")


class Monitor:
    """Watches one application."""

    def __init__(self, plan: Plan, zone: Zone) -> None:
        self._plan, self._zone = plan, zone
        self._uptime = Uptime(failures=plan.monitor.failures)

    def watch(self, stop: threading.Event) -> None:
        """Probes until `stop` is set. One alert an outage: the next only after the application was seen healthy."""
        while not stop.is_set():
            result = self.probe()
            self._uptime, alert = self._uptime.after(result.ok, result.sentence, now())
            if alert and not self._deliver(alert):
                self._uptime = self._uptime.not_delivered()
            stop.wait(self._plan.monitor.every.total_seconds())

    def probe(self) -> ProbeResult:
        """One request by the application's name, at the address that a resolver hands out now."""
        name = self._plan.dns.name
        probe = HealthProbe(name="uptime", path=self._plan.monitor.path)
        try:
            answers = [values for values in self._zone.answers(name).values() if values]
        except RecoveryError as error:
            return ProbeResult(name="uptime", ok=False, sentence=str(error), status=None, seconds=0)
        if not answers:
            return ProbeResult(name="uptime", ok=False, sentence=f"No server knows {name}", status=None, seconds=0)
        port = urlsplit(self._plan.sites.primary.url).port or 80
        return ask(f"http://{answers[-1][0]}:{port}", probe, host=name)

    def _deliver(self, alert: Alert) -> bool:
        """Whether the alert was taken. A Prefect server that is away gets it again with the next probe."""
        log.warning("ALERT: %s", alert.sentence)
        if not self._plan.monitor.starts_failover:
            return True
        try:
            flow_run = start_failover(self._plan.application, alert)
        except (httpx.HTTPError, PrefectException, RuntimeError) as error:
            log.error("The failover could not be started: %s. Trying again.", error)
            return False
        log.warning("Failover started: flow run %s.", flow_run)
        return True


def start_failover(application: str, alert: Alert) -> str:
    """Starts the failover's deployment, once an outage however often it is asked.

    Returns:
        The flow run's identifier.
    """
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name(f"failover/{application}")
        flow_run = client.create_flow_run_from_deployment(
            deployment.id,
            parameters={"plan": application, "mode": "for real", "alert": alert.model_dump(mode="json")},
            idempotency_key=f"alert:{application}:{alert.detected_at.isoformat()}",
        )
    return str(flow_run.id)
