"""Points the application's name at the standby, if the zone still holds what the plan says."""

from datetime import timedelta

from blocks.zones.kind import Record, Zone
from recovery.decision import Decision
from recovery.dns import decide_swap
from recovery.errors import Missing
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def _read(run: Run) -> Record | None:
    return run.block(run.plan.dns.zone, Zone).read(run.plan.dns.name)  # type: ignore[type-abstract]


def look(run: Run) -> Decision:
    current, sites = _read(run), run.plan.sites
    values = current.values if current else None
    return decide_swap(run.plan.dns.name, values, sites.primary.address, sites.standby.address)


@verb(
    "swap DNS",
    look=look,
    timeout=timedelta(minutes=2),
    retries=2,
    delay=1,
    undo="Not by itself: the standby has the newer data. Go forward, and fail back later.",
)
def swap_dns(run: Run, seen: Decision) -> Outcome:
    """Compares and swaps in one change: a record that somebody else changed meanwhile is left alone."""
    zone, dns = run.block(run.plan.dns.zone, Zone), run.plan.dns  # type: ignore[type-abstract]
    expected = _read(run)
    if expected is None:
        raise Missing(f"There is no record {dns.name}.", remedy="Create it, pointing at the primary, and run again.")
    decide_swap(dns.name, expected.values, run.plan.sites.primary.address, run.plan.sites.standby.address).or_refuse()
    target = Record(name=dns.name, values=(run.plan.sites.standby.address,), ttl=int(dns.ttl.total_seconds()))
    change = zone.swap(expected, target)
    before, after = ", ".join(expected.values), ", ".join(target.values)
    return did(f"{dns.name} now points at {after}, not at {before}.", before=before, after=after, change=change)
