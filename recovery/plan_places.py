"""Whether a plan's places are apart: no restore over what is live, and nothing needed that is lost with the primary."""

from collections.abc import Iterator

from recovery.plan import Plan
from recovery.plan_fault import Finding, Where


def shared_places(plan: Plan) -> Iterator[Finding]:
    """No place has two uses: a restore must never run over what is live, or over another restore.

    Two blocks of different names may still be one place: the flows compare the addresses of the sources themselves.
    """
    uses: dict[str, str] = {}
    for field, use in (("source", "the source"), ("restore_to", "the restore target"), ("scratch", "the scratch")):
        for name, component in plan.components.items():
            place = getattr(component, field, None)
            if place is None:
                continue
            if place in uses:
                yield Finding(
                    ("components", name, field),
                    f"{place} is already {uses[place]}",
                    "a block of its own, at a place that nothing else uses",
                )
            uses.setdefault(place, f"{use} of {name}")


def copies_are_apart(plan: Plan) -> Iterator[Finding]:
    """A copy in the vault that it is a copy of is none."""
    seen = {plan.backup.vault}
    for index, copy in enumerate(plan.backup.copies):
        if copy in seen:
            what = f"{copy} holds every backup already"
            yield Finding(("backup", "copies", index), what, "another vault, best in another cloud")
        seen.add(copy)


def outlives_the_primary(plan: Plan) -> Iterator[Finding]:
    """The plan does not depend on the site that it is to survive."""
    lost = plan.sites.primary.region
    held: list[tuple[Where, str, str | None]] = [
        (("backup", "vault_region"), "the vault", getattr(getattr(plan, "backup", None), "vault_region", None)),
        (
            ("infrastructure", "state_region"),
            "the Terraform state",
            getattr(getattr(plan, "infrastructure", None), "state_region", None),
        ),
    ]
    for where, thing, region in held:
        if region and _same(region, lost):
            yield Finding(where, f"{thing} lies in {lost}, the region that is lost with the primary", _elsewhere(plan))
    for index, thing in enumerate(getattr(plan, "depends_on", ())):
        regions = [each.region for each in plan.depends_on if (each.kind, each.name) == (thing.kind, thing.name)]
        if all(_same(region, lost) for region in regions):
            what = f"the {thing.kind} {thing.name} lies only in {lost}, the region that is lost with the primary"
            instead = f"a copy of it as one more entry with {_elsewhere(plan)}"
            yield Finding(("depends_on", index, "region"), what, instead)


def stores_are_of_secrets(plan: Plan) -> Iterator[Finding]:
    """Only a secret can be looked for in a store of secrets."""
    for index, thing in enumerate(getattr(plan, "depends_on", ())):
        if thing.store and thing.kind != "secret":
            yield Finding(("depends_on", index, "store"), f"a {thing.kind} has no store", "nothing, or kind: secret")


def sites_differ(plan: Plan) -> Iterator[Finding]:
    """The standby shares nothing with the primary."""
    primary, standby = plan.sites.primary, plan.sites.standby
    for field in ("region", "address", "url"):
        values = getattr(primary, field, None), getattr(standby, field, None)
        if values[0] and values[1] and _same(values[0], values[1]):
            what = f"the standby has the primary's {field}, {values[1]}"
            yield Finding(("sites", "standby", field), what, f"the standby's own {field}")


def _same(one: str, other: str) -> bool:
    return one.strip().rstrip("/").lower() == other.strip().rstrip("/").lower()


def _elsewhere(plan: Plan) -> str:
    standby = getattr(getattr(plan.sites, "standby", None), "region", None)
    return f"another region, such as {standby}" if standby else "another region"


PLACE_CHECKS = (shared_places, copies_are_apart, outlives_the_primary, stores_are_of_secrets, sites_differ)
