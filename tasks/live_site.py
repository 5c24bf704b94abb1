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
        record = run.block(run.plan.dns.zone, Zone).read(run.plan.dns.name)  # type: ignore[type-abstract]
    except RecoveryError:
        record = None
    return decide_active(record.values if record else None, sites.primary.address, sites.standby.address)
