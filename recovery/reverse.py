"""The plan of a failback: the plan of the failover, the other way round. Pure."""

from recovery.errors import Refused
from recovery.plan import Component, Failback, Plan, Sites


def reversed_plan(plan: Plan) -> Plan:
    """The plan that moves the application from its standby to its primary. Reversed twice, it is the plan itself.

    But for replicas: what was promoted has none until one is made anew.

    Args:
        plan: the application's. Its `failback` and its `drain` must be there.

    Raises:
        Refused: it does not say how to fail back.
    """
    if plan.failback is None or plan.drain is None:
        raise Refused(
            f"The plan of {plan.application} does not say how to fail back.",
            remedy="Write failback and drain (docs/graceful.md), then run this again.",
        )
    back = plan.failback
    return plan.model_copy(
        update={
            "sites": Sites(primary=plan.sites.standby, standby=plan.sites.primary),
            "components": {name: _turned(part) for name, part in plan.components.items()},
            "infrastructure": back.infrastructure,
            "configuration": back.configuration,
            "fence": back.fence,
            "drain": back.drain,
            "failback": Failback(
                infrastructure=plan.infrastructure,
                configuration=plan.configuration,
                fence=plan.fence,
                drain=plan.drain,
            ),
        }
    )


def way_back(plan: Plan) -> Plan:
    """The plan that a failback carries out: turned round, but where both sites serve, as there one is only put back."""
    return plan if plan.strategy == "active-active" else reversed_plan(plan)


def _turned(part: Component) -> Component:
    return part.model_copy(update={"source": part.restore_to, "restore_to": part.source, "replica": None})
