"""Waits until every server and resolver hands out the standby, then asks the application by its name."""

import time
from datetime import timedelta
from urllib.parse import urlsplit

from blocks.zones.kind import Zone
from recovery.decision import Decision, go
from recovery.dns import drained
from recovery.errors import RecoveryError
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.plan import HealthProbe
from tasks.requests import ask
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    return go(f"Asking every server and resolver for {run.plan.dns.name}.")


@verb("probe DNS", look=look, timeout=timedelta(hours=1))
def probe_dns(run: Run, seen: Decision) -> Outcome:
    """Marks the moments at which DNS has drained and at which users are served again."""
    zone, dns, begun = run.block(run.plan.dns.zone, Zone), run.plan.dns, time.monotonic()  # type: ignore[type-abstract]
    target, deadline = run.plan.sites.standby.address, begun + dns.drain.total_seconds()
    answers = zone.answers(dns.name)
    while (decision := drained(answers, target)).verdict == "refuse" and time.monotonic() < deadline:
        time.sleep(0.1)
        answers = zone.answers(dns.name)
    if decision.verdict == "refuse":
        raise RecoveryError(
            decision.sentence,
            changed="DNS was swapped and the standby is healthy; some users may still be sent to the old address.",
            remedy="Check the servers named above; no step needs to be undone.",
        )
    seconds = round(time.monotonic() - begun, 3)
    run.journal.write("mark", "dns drained", decision.sentence, at=now().isoformat())
    served = _ask_by_name(run, target)
    run.journal.write("mark", "healthy", served, at=now().isoformat())
    facts = {server: list(values) for server, values in answers.items()}
    return did(f"{decision.sentence} {served}", answers=facts, drained_seconds=seconds)


def _ask_by_name(run: Run, address: str) -> str:
    """The address is what the resolvers answered; the request carries the name, as a browser's would."""
    port = urlsplit(run.plan.sites.standby.url).port or 80
    probe = HealthProbe(name="by name", path=run.plan.monitor.path)
    result = ask(f"http://{address}:{port}", probe, host=run.plan.dns.name)
    if not result.ok:
        raise RecoveryError(
            f"DNS hands out {address}, but the application does not answer by its name: {result.sentence}.",
            changed="DNS was swapped.",
            remedy="Look at the application's log at the standby.",
        )
    return f"{run.plan.dns.name} answers at {address}."
