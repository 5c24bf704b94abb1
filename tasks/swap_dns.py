"""Points the application's name at the standby, if the zone still holds what the plan says."""

from datetime import timedelta

from blocks.zones.kind import Record, Zone
from recovery.decision import Decision, go
from recovery.dns import decide_swap
from recovery.errors import Missing
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def _zone(run: Run) -> Zone:
    return run.block(run.plan.dns.zone, Zone)  # type: ignore[type-abstract]


def look(run: Run) -> Decision:
    name, sites = run.plan.dns.name, run.plan.sites
    current = _zone(run).read(name)
    values = current.values if current else None
    decision = decide_swap(name, values, sites.primary.address, sites.standby.address)
    left = _zone(run).unfinished(name) if decision.verdict == "done" else ""
    return go(f"{decision.sentence} But {left}: the rest is done.", **decision.facts) if left else decision


@verb(
    "swap DNS",
    look=look,
    timeout=timedelta(minutes=15),  # a CDN takes minutes to bring it to its edges; its block gives up before
    retries=2,
    delay=1,
    undo="Not by itself: the standby has the newer data. Go forward, and fail back later.",
)
def swap_dns(run: Run, seen: Decision) -> Outcome:
    """Compares and swaps in one change: a record that somebody else changed meanwhile is left alone."""
    zone, dns = _zone(run), run.plan.dns
    expected = zone.read(dns.name)
    if expected is None:
        raise Missing(f"There is no record {dns.name}.", remedy="Create it, pointing at the primary, and run again.")
    decide_swap(dns.name, expected.values, run.plan.sites.primary.address, run.plan.sites.standby.address).or_refuse()
    target = Record(name=dns.name, values=(run.plan.sites.standby.address,), ttl=int(dns.ttl.total_seconds()))
    change = zone.swap(expected, target)
    if expected.values == target.values:
        return did(f"{dns.name} points at the standby; what a swap that was cut off left is done.", change=change)
    before, after = ", ".join(expected.values), ", ".join(target.values)
    return did(f"{dns.name} now points at {after}, not at {before}.", before=before, after=after, change=change)
