"""Probes the application at the standby, through its own front door, before anybody is sent there."""

import time
from datetime import timedelta

from recovery.decision import Decision, go
from recovery.errors import RecoveryError
from recovery.outcome import Outcome, did
from tasks.requests import ask
from tasks.run import Run
from tasks.standby_answers import standby_answers
from tasks.verb import verb


def look(run: Run) -> Decision:
    probes = ", ".join(probe.name for probe in run.plan.health.probes)
    return go(f"Asking {run.plan.sites.standby.url}: {probes}.")


def still(run: Run, before: Outcome) -> Decision:
    """Whether the application answers at the standby. Only what reads is asked: a probe that writes wrote before."""
    return standby_answers(run, before)


@verb("probe health", look=look, still=still, timeout=timedelta(hours=1))
def probe_health(run: Run, seen: Decision) -> Outcome:
    """Goes on asking until all probes pass or the plan's time is up. DNS is swapped only after this."""
    deadline = time.monotonic() + run.plan.health.within.total_seconds()
    results = []
    for probe in run.plan.health.probes:
        result = ask(run.plan.sites.standby.url, probe, host=run.plan.dns.name)
        while not result.ok and time.monotonic() < deadline:
            time.sleep(0.1)
            result = ask(run.plan.sites.standby.url, probe, host=run.plan.dns.name)
        if not result.ok:
            raise RecoveryError(
                f"The standby is not healthy after {run.plan.health.within.total_seconds():g} s: {result.sentence}.",
                changed="DNS was not swapped: users are still sent where they were before.",
                remedy="Look at the application's log at the standby, mend it, and run the failover again.",
            )
        results.append(result)
    facts = [result.model_dump(mode="json") for result in results]
    return did(f"Healthy at the standby: {'; '.join(result.sentence for result in results)}.", probes=facts)
