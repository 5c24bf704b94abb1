"""What the steps of an active-active application share: its sites, its shares of DNS, and whether they answer."""

import time

from blocks.zones.kind import Zone
from recovery.decision import Decision
from recovery.errors import Missing
from recovery.plan import HealthProbe, Site
from recovery.rotation import Shares, SiteName, decide_take_out
from tasks.requests import ask
from tasks.run import Run

TRIES = 3  # a site is silent only if it does not answer so often in a row
PAUSE = 1.0  # seconds between two tries


def look_at_rotation(run: Run, insisted: bool) -> Decision:
    """Asks DNS which sites are in rotation, and each site whether it answers."""
    answers = {name: _answers(run, site) for name, site in sites_of(run).items()}
    addresses: dict[SiteName, str] = {name: site.address for name, site in sites_of(run).items()}
    return decide_take_out(shares_of(run), addresses, answers, insisted)


def sites_of(run: Run) -> dict[SiteName, Site]:
    return {"primary": run.plan.sites.primary, "standby": run.plan.sites.standby}


def site_of(run: Run, name: str) -> Site:
    return run.plan.sites.standby if name == "standby" else run.plan.sites.primary


def other_site(run: Run, name: str) -> Site:
    return run.plan.sites.primary if name == "standby" else run.plan.sites.standby


def fences_of(run: Run, site: str) -> tuple[str, ...]:
    """What keeps writes from a site: the plan's fence is the primary's, that of its failback the standby's."""
    if site == "primary":
        return run.plan.fence
    return run.plan.failback.fence if run.plan.failback else ()


def zone_of(run: Run) -> Zone:
    return run.block(run.plan.dns.zone, Zone)  # type: ignore[type-abstract]


def shares_of(run: Run) -> Shares | None:
    return zone_of(run).shares(run.plan.dns.name)


def turn(run: Run, address: str, weight: int) -> tuple[int, str]:
    """Gives an address another share, if nobody changes the record meanwhile.

    Returns:
        The share before, and the provider's identifier of the change.
    """
    expected = shares_of(run)
    if expected is None:
        raise Missing(f"There is no record {run.plan.dns.name}.", remedy="Create it, with the addresses of both sites.")
    change = zone_of(run).turn(expected, expected.turned(address, weight))
    return expected.weights.get(address, 0), change


def _answers(run: Run, site: Site) -> bool:
    probe = HealthProbe(name=site.region, path=run.plan.monitor.path)
    for number in range(TRIES):
        if number:
            time.sleep(PAUSE)
        if ask(site.url, probe, host=run.plan.dns.name).ok:
            return True
    return False
