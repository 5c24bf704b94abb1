"""The plan of a drill: the plan of the failover, in an isolated copy of the standby. Pure."""

from collections.abc import Mapping, Sequence

from recovery.decision import Decision, go, refuse
from recovery.errors import Refused
from recovery.isolation import UsedPlace, meet
from recovery.plan import Configuration, Plan, Site, Sites
from recovery.plan_drill import Drill


def rehearsal_plan(plan: Plan) -> Plan:
    """The same plan, in the drill's own places. The name it swaps is parked at an address where nothing answers, which
    takes the primary's place: a drill never asks, fences or changes the primary. Nor a replica: everything is restored.

    Raises:
        Refused: the plan does not say where to rehearse, or leaves a component out.
    """
    drill = plan.drill
    if drill is None or set(drill.restore_to) != set(plan.components):
        raise Refused(
            f"The plan of {plan.application} does not say where to rehearse every component.",
            remedy="Write drill (docs/drill.md), then run this again.",
        )
    parked = Site(region=plan.sites.primary.region, address=drill.parked, url=f"http://{drill.parked}")
    copy = Site(region=drill.region, address=drill.address, url=drill.url)
    return plan.model_copy(
        update={
            "strategy": "backup-restore" if plan.strategy == "active-active" else plan.strategy,
            "sites": Sites(primary=parked, standby=copy),
            "components": {
                name: part.model_copy(update={"restore_to": drill.restore_to[name], "replica": None})
                for name, part in plan.components.items()
            },
            "infrastructure": plan.infrastructure.model_copy(update={"workspace": drill.workspace}),
            "configuration": Configuration(inventory=drill.inventory),
            "dns": plan.dns.model_copy(update={"name": drill.name}),
            "approval": plan.approval.model_copy(update={"mode": "policy"}),
        }
    )


def decide_rehearsal(plan: Plan, drill: Drill, addresses: Mapping[str, str], used: Sequence[UsedPlace]) -> Decision:
    """Refuses a drill that could touch anything that is in use.

    Args:
        plan: the application's, not turned into a rehearsal.
        drill: where it is to be rehearsed.
        addresses: block to address; those of the drill's own places must be among them.
        used: every place of every plan.
    """
    for name, reference in drill.restore_to.items():
        for place in used:
            if place.reference == reference or (place.address and meet(addresses[reference], place.address)):
                return _refuse(
                    f"{reference}, for {name}, meets the {place.use} {place.reference} of {place.application}"
                )
    shared = {
        f"the name {drill.name}": drill.name.rstrip(".").lower() == plan.dns.name.rstrip(".").lower(),
        f"the workspace {drill.workspace}": drill.workspace == plan.infrastructure.workspace,
        f"the inventory {drill.inventory}": drill.inventory == plan.configuration.inventory,
    }
    for what, same in shared.items():
        if same:
            return _refuse(f"{what} is the standby's own")
    for site in (plan.sites.primary, plan.sites.standby):
        if {drill.address, drill.parked} & {site.address} or drill.url.rstrip("/") == site.url.rstrip("/"):
            return _refuse(f"its address or its front door is that of the site in {site.region}")
    return go(f"The drill meets none of the {len(used)} places that all plans use, and has a name of its own.")


def _refuse(what: str) -> Decision:
    return refuse(f"The drill is not apart from what is in use: {what}.", "Give the drill a place of its own.")
