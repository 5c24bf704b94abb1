"""The uptime monitor: asks the application by its name, and starts its failover when it stays silent."""

import logging
import threading
from collections.abc import Mapping

import httpx
from prefect.blocks.core import Block
from prefect.exceptions import PrefectException

from blocks.chat.courier import Courier
from blocks.zones.kind import Zone
from doors.automatic import judge_automatic
from doors.outage import Outage
from doors.records import Records
from doors.start_failover import start_failover
from recovery.decision import Decision
from recovery.errors import RecoveryError
from recovery.failover import Alert
from recovery.model import now
from recovery.plan import Plan
from recovery.uptime import Uptime
from recovery.vantage import Observation
from tasks.beat import Heartbeat
from tasks.uptime.watch import UptimeWatch

log = logging.getLogger("lifeboat.monitor")


class Monitor:
    """Watches one application from one vantage point.

    Args:
        plan: of the application.
        zone: where its name is looked up.
        records: where vantage points tell each other what they see, and earlier failovers are found.
        vantage_point: the name of this one.
        blocks: those that the plan's probes ask.
        courier: tells people of an outage; nobody is told without it.
        heartbeat: its signs of life.
    """

    def __init__(
        self,
        plan: Plan,
        zone: Zone,
        records: Records,
        vantage_point: str = "here",
        *,
        blocks: Mapping[str, Block] | None = None,
        courier: Courier | None = None,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        self._plan, self._records, self._own = plan, records, vantage_point
        self._watch, self._heartbeat = UptimeWatch(plan, zone, blocks or {}), heartbeat
        self._people = Outage(plan, courier or Courier({}), vantage_point)
        rules = plan.monitor
        self._uptime = Uptime(failures=rules.failures, of=rules.of, passes=rules.passes, passes_of=rules.passes_of)
        self._told: Observation | None = None
        self._said: set[str] = set()

    def watch(self, stop: threading.Event) -> None:
        """Probes until `stop` is set. One alert an outage: the next only after the application was called well."""
        while not stop.is_set():
            result = self._watch.ask()
            self._uptime, alert = self._uptime.after(result.ok, result.sentence, now())
            self._tell_others(result.sentence)
            if self._uptime.health == "well":
                self._said.clear()
                self._people.is_over()
            if alert and not self._deliver(alert):
                self._uptime = self._uptime.not_delivered()
            self._people.while_on()
            if self._heartbeat:
                self._heartbeat.beat(health=self._uptime.health, sentence=result.sentence)
            stop.wait(self._plan.monitor.every.total_seconds())

    def _deliver(self, alert: Alert) -> bool:
        """Whether the alert was taken. One that the plan's rules hold back, or that finds no Prefect server, is given
        again with the next failed probe."""
        self._say(f"ALERT: {alert.sentence}")
        decision, starts = self._decide(), self._plan.monitor.starts_failover
        if decision.verdict == "done":  # others call it well: it is this vantage point that is cut off
            self._say(f"No failover is started. {decision.sentence}")
            return False
        if not starts or decision.verdict != "go":
            held = decision.sentence if starts else "The plan leaves it to people."
            self._say(f"No failover is started. {held}")
            self._people.is_on(alert, f"No failover is started. {held}", acted=False)
            return not starts
        try:
            flow_run = start_failover(self._plan.application, alert)
        except (httpx.HTTPError, PrefectException, RuntimeError) as error:
            log.error("The failover could not be started: %s. Trying again.", error)
            what = f"Its failover could not be started: {type(error).__name__}. The monitor goes on trying."
            self._people.is_on(alert, what, acted=False)
            return False
        log.warning("Failover started: flow run %s. %s", flow_run, decision.sentence)
        self._people.is_on(alert, f"Its failover was started: flow run {flow_run}. {decision.sentence}", acted=True)
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
