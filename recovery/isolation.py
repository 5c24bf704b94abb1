"""Whether the places where backups are proved are apart from everything that is in use, in every plan."""

from collections.abc import Mapping, Sequence

from recovery.decision import Decision, go, refuse
from recovery.model import Frozen
from recovery.plan import Plan

SCRATCH = "scratch place"


class UsedPlace(Frozen):
    """A place of a plan.

    Args:
        application, component, use: whose it is, and as what: its source, its restore target or its scratch place.
        reference: its block.
        address: where it is, or None where only its block's name is known.
    """

    application: str
    component: str
    use: str
    reference: str
    address: str | None = None


def used_places(plans: Sequence[Plan], addresses: Mapping[str, str]) -> tuple[UsedPlace, ...]:
    """Every source, restore target and scratch place.

    Args:
        plans: all there are.
        addresses: block to address, as far as they are known.
    """
    return tuple(
        UsedPlace(
            application=plan.application,
            component=name,
            use=use,
            reference=reference,
            address=addresses.get(reference),
        )
        for plan in plans
        for name, part in plan.components.items()
        for use, reference in (
            ("source", part.source),
            ("restore target", part.restore_to),
            (SCRATCH, part.scratch),
        )
    )


def decide_isolation(plan: Plan, addresses: Mapping[str, str], used: Sequence[UsedPlace]) -> Decision:
    """Refuses where a scratch place is, holds or lies in a place that is live, or another component's scratch place.

    Args:
        plan: whose backup is to be verified.
        addresses: block to address; those of the plan's own scratch places must be among them.
        used: the places of all plans.
    """
    others = [each for each in used if each.use != SCRATCH or each.application != plan.application]
    for component, part in plan.components.items():
        address = addresses[part.scratch]
        mine = [each for each in used if each not in others and each.component != component]
        for place in [*others, *mine]:
            if place.reference == part.scratch or (place.address and meet(address, place.address)):
                return refuse(
                    f"The scratch place of {component}, {part.scratch} at {address}, meets the {place.use} "
                    f"{place.reference} of {place.component} of {place.application}.",
                    "Give it a place of its own: a verification replaces and removes what is there.",
                )
    unknown = sum(place.address is None for place in others)
    said = f"The scratch places meet none of the {len(others)} places that all plans use"
    return go(f"{said}{f' ({unknown} of them known by their block alone)' if unknown else ''}.", used=len(others))


def meet(one: str, other: str) -> bool:
    """The same place, or one folder within the other."""
    if one == other:
        return True
    if not (one.startswith("file://") and other.startswith("file://")):
        return False
    outer, inner = sorted((one.rstrip("/") + "/", other.rstrip("/") + "/"), key=len)
    return inner.startswith(outer)
