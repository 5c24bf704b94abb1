"""Asks whether an application lives, in every way that its plan names."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from prefect.blocks.core import Block

from blocks.sources.postgresql_connection import PostgresServer
from blocks.zones.kind import Zone
from recovery.errors import Missing, RecoveryError
from recovery.plan import Plan
from recovery.plan_probes import UptimeProbe
from tasks.requests import ProbeResult
from tasks.uptime.dns import DnsQuestion
from tasks.uptime.http import HttpQuestion
from tasks.uptime.kind import UptimeQuestion
from tasks.uptime.postgresql import PostgresQuestion
from tasks.uptime.tcp import TcpQuestion


class UptimeWatch:
    """All the questions of one plan. It answers where each of them is answered.

    Args:
        plan: of the application.
        zone: where its name is looked up.
        blocks: those that the plan's probes name.

    Raises:
        Missing: a block is not of the kind that its probe needs.
    """

    def __init__(self, plan: Plan, zone: Zone, blocks: Mapping[str, Block]) -> None:
        self._name, self._zone = plan.dns.name, zone
        probes = plan.monitor.probes or (UptimeProbe(kind="http"),)
        self._questions = [_question(plan, probe, zone, blocks) for probe in probes]

    def ask(self) -> ProbeResult:
        """Asks all at once, at the address that a resolver hands out now. The first that fails is what is told."""
        begun = time.monotonic()
        try:
            answers = [values for values in self._zone.answers(self._name).values() if values]
        except RecoveryError as error:
            return ProbeResult(name="uptime", ok=False, sentence=str(error), status=None, seconds=0)
        if not answers:
            return ProbeResult(
                name="uptime", ok=False, sentence=f"No server knows {self._name}", status=None, seconds=0
            )
        address = answers[-1][0]
        with ThreadPoolExecutor(len(self._questions)) as pool:
            found = list(pool.map(lambda question: question.ask(address), self._questions))
        told: ProbeResult = next((each for each in found if not each.ok), found[0])
        return told.model_copy(update={"seconds": time.monotonic() - begun})


def _question(plan: Plan, probe: UptimeProbe, zone: Zone, blocks: Mapping[str, Block]) -> UptimeQuestion:
    if probe.kind == "tcp":
        return TcpQuestion(probe.port or 0)
    if probe.kind == "dns":
        return DnsQuestion(plan, zone)
    if probe.kind == "http":
        return HttpQuestion(plan, probe)
    databases = [_database(name, blocks) for name in probe.blocks]
    return PostgresQuestion(databases[0], databases[1] if databases[1:] else None, plan.sites.standby.address)


def _database(name: str, blocks: Mapping[str, Block]) -> PostgresServer:
    block = blocks.get(name)
    if not isinstance(block, PostgresServer):
        raise Missing(f"{name} is not a PostgreSQL block.", remedy="See monitor.probes in the plan.")
    return block
