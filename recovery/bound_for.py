"""Whether a recovery goes where the person who started it believes it does."""

from collections.abc import Callable

from recovery.errors import Refused
from recovery.plan import Plan

AS_PLANNED = "as the plan says"


def bound_for(site: str) -> Callable[[Plan], Plan]:
    """Lets a plan pass that recovers at that site.

    Args:
        site: a region, or `AS_PLANNED`.

    Returns:
        A function that gives the plan back as it is; it raises `Refused` where the plan recovers somewhere else.
    """

    def check(plan: Plan) -> Plan:
        region = plan.sites.standby.region
        if site not in (AS_PLANNED, region):
            raise Refused(
                f"The plan of {plan.application} recovers at {region}, not at {site}.",
                remedy=f"Choose {region}, or change the plan, and deploy it again: lifeboat deploy.",
            )
        return plan

    return check
