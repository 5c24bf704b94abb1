"""Probes the application at the standby, through its own front door, before anybody is sent there."""

import time
from datetime import timedelta
from typing import Any

from recovery.decision import Decision, go
from recovery.errors import RecoveryError
from recovery.outcome import Outcome, did
from tasks.requests import ProbeResult, ask
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
    said, facts = until_healthy(
        run,
        run.plan.sites.standby.url,
        changed="DNS was not swapped: users are still sent where they were before.",
        remedy="Look at the application's log at the standby, mend it, and run the failover again.",
    )
    return did(f"Healthy at the standby: {said}.", probes=facts)


def until_healthy(run: Run, url: str, *, changed: str, remedy: str) -> tuple[str, list[dict[str, Any]]]:
    """Asks a site, by the plan's probes, until all pass.

    Returns:
        What they answered, in words and as facts.

    Raises:
        RecoveryError: the plan's time is up; with what was changed by then, and what to do.
    """
    within = run.plan.health.within.total_seconds()
    deadline, results = time.monotonic() + within, list[ProbeResult]()
    for probe in run.plan.health.probes:
        result = ask(url, probe, host=run.plan.dns.name)
        while not result.ok and time.monotonic() < deadline:
            time.sleep(0.1)
            result = ask(url, probe, host=run.plan.dns.name)
        if not result.ok:
            what = f"{url} is not healthy after {within:g} s: {result.sentence}."
            raise RecoveryError(what, changed=changed, remedy=remedy)
        results.append(result)
    said = "; ".join(result.sentence for result in results)
    return said, [result.model_dump(mode="json") for result in results]
