"""Asks every DNS server whether it hands out a site of the plan."""

import time

from blocks.zones.kind import Zone
from recovery.errors import RecoveryError
from recovery.plan import Plan
from tasks.requests import ProbeResult
from tasks.uptime.kind import UptimeQuestion


class DnsQuestion(UptimeQuestion):
    """Every server and resolver answers, and only with addresses of the plan's sites."""

    def __init__(self, plan: Plan, zone: Zone) -> None:
        self._name, self._zone = plan.dns.name, zone
        self._known = {plan.sites.primary.address, plan.sites.standby.address}

    def ask(self, address: str) -> ProbeResult:
        begun = time.monotonic()
        try:
            wrong = self._wrong(self._zone.answers(self._name))
        except RecoveryError as error:
            wrong = error.what.rstrip(".")
        sentence = f"dns: {wrong or f'every server hands out a site for {self._name}'}"
        return ProbeResult(name="dns", ok=not wrong, sentence=sentence, status=None, seconds=time.monotonic() - begun)

    def _wrong(self, answers: dict[str, tuple[str, ...]]) -> str:
        for server, values in answers.items():
            if not values:
                return f"{server} does not know {self._name}"
            if strange := sorted(set(values) - self._known):
                return f"{server} hands out {', '.join(strange)} for {self._name}, which is no site of the plan"
        return "" if answers else f"no server is asked for {self._name}"
