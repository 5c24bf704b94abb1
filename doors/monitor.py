"""The uptime monitor: asks the application by its name, and starts its failover when it stays silent."""

import logging
import threading
from urllib.parse import urlsplit

import httpx
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectException

from blocks.zones.kind import Zone
from doors.automatic import judge_automatic
from doors.records import Records
from recovery.decision import Decision
from recovery.errors import RecoveryError
from recovery.failover import Alert
from recovery.model import now
from recovery.plan import HealthProbe, Plan
from recovery.uptime import Uptime
from recovery.vantage import Observation
from tasks.requests import ProbeResult, ask

log = logging.getLogger("lifeboat.monitor")


class Monitor:
    """Watches one application from one vantage point.

    Args:
        plan: of the application.
        zone: where its name is looked up.
        records: where vantage points tell each other what they see, and earlier failovers are found.
        vantage_point: the name of this one.
    """

    def __init__(self, plan: Plan, zone: Zone, records: Records, vantage_point: str = "here") -> None:
        self._plan, self._zone, self._records, self._own = plan, zone, records, vantage_point
        rules = plan.monitor
        self._uptime = Uptime(failures=rules.failures, of=rules.of, passes=rules.passes, passes_of=rules.passes_of)
        self._told: Observation | None = None
        self._said: set[str] = set()

    def watch(self, stop: threading.Event) -> None:
        """Probes until `stop` is set. One alert an outage: the next only after the application was called well."""
        while not stop.is_set():
            result = self.probe()
            self._uptime, alert = self._uptime.after(result.ok, result.sentence, now())
            self._tell_others(result.sentence)
            if self._uptime.health == "well":
                self._said.clear()
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
        """Whether the alert was taken. One that the plan's rules hold back, or that finds no Prefect server, is given
        again with the next failed probe."""
        self._say(f"ALERT: {alert.sentence}")
        if not self._plan.monitor.starts_failover:
            return True
        decision = self._decide()
        if decision.verdict != "go":
            self._say(f"No failover is started. {decision.sentence}")
            return False
        try:
            flow_run = start_failover(self._plan.application, alert)
        except (httpx.HTTPError, PrefectException, RuntimeError) as error:
            log.error("The failover could not be started: %s. Trying again.", error)
            return False
        log.warning("Failover started: flow run %s. %s", flow_run, decision.sentence)
        return True

    def _decide(self) -> Decision:
        return judge_automatic(self._plan.automatic, self._records, self._observation("the alert"))

    def _tell_others(self, sentence: str) -> None:
        """At once when what is seen changes, and again before it is too old to count."""
        if len(self._plan.automatic.vantage_points) < 2:
            return
        seen, told = self._observation(sentence), self._told
        if told and told.health == seen.health and seen.at - told.at < self._plan.automatic.fresh / 3:
            return
        try:
            self._records.observe(seen)
        except RecoveryError as error:
            self._say(f"Other vantage points cannot be told: {error.what}")
            return
        self._told = seen

    def _observation(self, sentence: str) -> Observation:
        return Observation(vantage_point=self._own, health=self._uptime.health, sentence=sentence, at=now())

    def _say(self, sentence: str) -> None:
        """Once an outage, however often it is so."""
        if sentence not in self._said:
            log.warning("%s", sentence)
        self._said.add(sentence)


def start_failover(application: str, alert: Alert) -> str:
    """Starts the failover's deployment, once an outage however often it is asked.

    Returns:
        The flow run's identifier.
    """
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name(f"failover/{application}")
        flow_run = client.create_flow_run_from_deployment(
            deployment.id,
            parameters={
                "plan": application,
                "mode": "for real",
                "alert": alert.model_dump(mode="json"),
                "initiator": alert.source,
            },
            idempotency_key=f"alert:{application}:{alert.detected_at.isoformat()}",
        )
    return str(flow_run.id)
