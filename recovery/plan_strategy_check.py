"""Whether a plan has what its strategy needs, and nothing that its strategy would never use."""

from collections.abc import Iterator

from recovery.plan import Component, Plan
from recovery.plan_fault import Finding


def warm_standby_has_replicas(plan: Plan) -> Iterator[Finding]:
    """Something is promoted, or it is no warm standby."""
    if plan.strategy == "warm-standby" and not any(_replica(part) for part in plan.components.values()):
        instead = "replica: postgresql-replica/NAME under a component, or strategy: pilot-light"
        yield Finding(("strategy",), "no component has a replica that could be promoted", instead)


def replicas_are_promoted(plan: Plan) -> Iterator[Finding]:
    """A replica that no failover would promote is an oversight."""
    for name, part in plan.components.items():
        if plan.strategy != "warm-standby" and _replica(part):
            what = f"a failover by {plan.strategy} never promotes a replica"
            yield Finding(("components", name, "replica"), what, "strategy: warm-standby, or no replica")


def replicas_are_apart(plan: Plan) -> Iterator[Finding]:
    """A replica's block says how to promote a server; those of the same place say how to read and restore it."""
    for name, part in plan.components.items():
        for other, each in plan.components.items():
            for use in ("source", "restore_to", "scratch"):
                if _replica(part) and _replica(part) == getattr(each, use, None):
                    what = f"{_replica(part)} is the {use} of {other}"
                    yield Finding(("components", name, "replica"), what, "a block such as postgresql-replica/NAME")


def fence_is_named(plan: Plan) -> Iterator[Finding]:
    """Only where both sites take writes anyway, nothing has to be fenced."""
    if not plan.fence and plan.strategy != "active-active":
        what = "nothing keeps writes from the primary while its standby takes them"
        yield Finding(("fence",), what, "a block such as security-group-fence/shop, or a list of them")


def _replica(part: Component) -> str | None:
    return getattr(part, "replica", None)


STRATEGY_CHECKS = (warm_standby_has_replicas, replicas_are_promoted, replicas_are_apart, fence_is_named)
