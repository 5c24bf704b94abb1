"""Asks over HTTP, as the application's users would."""

from urllib.parse import urlsplit

from recovery.plan import HealthProbe, Plan
from recovery.plan_probes import UptimeProbe
from tasks.requests import ProbeResult, ask
from tasks.uptime.kind import UptimeQuestion


class HttpQuestion(UptimeQuestion):
    """A GET that is answered with the status, and the text, that the plan expects."""

    def __init__(self, plan: Plan, probe: UptimeProbe) -> None:
        self._host = plan.dns.name
        self._port = probe.port or urlsplit(plan.sites.primary.url).port or 80
        status, path = probe.expect_status or 200, probe.path or plan.monitor.path
        self._probe = HealthProbe(name="uptime", path=path, expect_status=status, expect_text=probe.expect_text)

    def ask(self, address: str) -> ProbeResult:
        return ask(f"http://{address}:{self._port}", self._probe, host=self._host)
