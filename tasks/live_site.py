"""Which site the users are served by."""

from blocks.zones.kind import Zone
from recovery.active import decide_active
from recovery.decision import Decision
from recovery.errors import RecoveryError
from tasks.run import Run


def live_site(run: Run) -> Decision:
    """The site that DNS names, in the fact `site`; a refusal where it names neither."""
    sites = run.plan.sites
    try:
        values = _named(run)
    except RecoveryError:
        values = None
    return decide_active(values, sites.primary.address, sites.standby.address)


def _named(run: Run) -> tuple[str, ...] | None:
    zone, name = run.block(run.plan.dns.zone, Zone), run.plan.dns.name  # type: ignore[type-abstract]
    if run.plan.strategy == "active-active":
        shares = zone.shares(name)
        return tuple(sorted(shares.on)) if shares else None
    record = zone.read(name)
    return record.values if record else None
