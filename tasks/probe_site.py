"""Probes a site of an active-active application, through its own front door, before users are sent there again."""

from datetime import timedelta

from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from tasks.probe_health import until_healthy
from tasks.rotation import site_of
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, site: str) -> Decision:
    probes = ", ".join(probe.name for probe in run.plan.health.probes)
    return go(f"Asking {site_of(run, site).url}: {probes}.")


@verb("probe site", look=look, timeout=timedelta(hours=1))
def probe_site(run: Run, site: str, seen: Decision) -> Outcome:
    """All probes of the plan must pass."""
    said, facts = until_healthy(
        run,
        site_of(run, site).url,
        changed=f"The {site} was not put into rotation. Its fence, where it had one, is lowered.",
        remedy="Mend the site and run this again; or fence it again by hand, if it must take no writes.",
    )
    return did(f"Healthy at the {site}: {said}.", probes=facts)
