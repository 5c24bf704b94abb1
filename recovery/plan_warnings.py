"""What makes a sound plan weaker than it could be: said by `lifeboat plan check`, never refused.

Sources: AWS Well-Architected, REL11-BP04 "Rely on the data plane and not the control plane during recovery"; AWS, "AWS
Fault Isolation Boundaries", appendix B: Route 53 and CloudFront have their control planes in us-east-1, and their
data planes are spread over the world. The switch: AWS, "Creating Disaster Recovery Mechanisms Using Amazon Route 53",
"standby takes over primary": an inverted health check on a resource of the standby's region.
"""

from collections.abc import Callable, Iterator

from recovery.plan import Plan
from recovery.plan_fault import Finding

CONTROL_PLANES = "us-east-1"
_SWITCH = "a route53-switch block over failover records with an inverted health check in {standby} (docs/web.md)"
# Block types that swap by calling a control plane: what they change there, and what to use instead.
EDITS = {
    "route53-zone": ("edits a Route 53 record", _SWITCH),
    "cloudfront-origin": ("edits a CloudFront distribution", f"one origin, whose name is swapped by {_SWITCH}"),
}

Weakness = Callable[[Plan], Iterator[Finding]]


def warn_plan(plan: Plan, partial: bool = False) -> list[Finding]:
    """What is weak in a plan.

    Args:
        plan: the plan.
        partial: it holds only the sound parts of a faulty file.
    """
    found: list[Finding] = []
    for weakness in WEAKNESSES:
        try:
            found += weakness(plan)
        except AttributeError:
            if not partial:
                raise
    return found


def swap_needs_no_control_plane(plan: Plan) -> Iterator[Finding]:
    """The swap itself asks nothing of a control plane that lies in one region, least of all in the failed one."""
    primary, standby = plan.sites.primary.region, plan.sites.standby.region
    edits, instead = EDITS.get(plan.dns.zone.partition("/")[0], (None, ""))
    if edits is None or standby.lower() == CONTROL_PLANES:  # a standby that lies there is gone with it anyway
        return
    where = f"{CONTROL_PLANES}: an outage there holds up a swap from {primary} to {standby} too"
    if primary.lower() == CONTROL_PLANES:
        where = f"{CONTROL_PLANES}, the region that is lost with the primary: it may not answer when it is needed"
    what = f"the swap {edits}, and the control plane for that lies in {where}"
    yield Finding(("dns", "zone"), what, instead.format(standby=standby))


WEAKNESSES: tuple[Weakness, ...] = (swap_needs_no_control_plane,)
