"""Whether what the recovery itself needs is there, and does not lie in the site that it is to survive. Pure."""

from collections.abc import Mapping, Sequence

from recovery.plan import Dependency
from recovery.readiness import Check

# What a recovery always needs, whoever writes the plan.
ALWAYS = {
    "secret": "the secrets",
    "registry": "the images or packages",
    "sign-on": "the operators' sign-on",
    "prefect": "Prefect's own server and database",
    "dns": "the DNS provider's API",
}


def judge_dependencies(lost: str, needs: Sequence[Dependency], places: Mapping[str, str]) -> Check:
    """Whether the recovery needs anything that is lost with the primary.

    Args:
        lost: the primary's region.
        needs: the plan's `depends_on`.
        places: every block that the recovery uses and that says where it lies, to that region.
    """
    circular = [f"{name} lies in {region}" for name, region in places.items() if _same(region, lost)]
    for each in {(need.kind, need.name): need for need in needs}.values():
        regions = [need.region for need in needs if (need.kind, need.name) == (each.kind, each.name)]
        if all(_same(region, lost) for region in regions):
            circular.append(f"the {each.kind} {each.name} lies only in {lost}")
    if circular:
        said = f"The recovery needs what is lost with {lost}: {'; '.join(circular)}."
        return Check(name="dependencies", state="not ready", sentence=said, remedy="Keep a copy in another region.")
    untold = [what for kind, what in ALWAYS.items() if kind not in {need.kind for need in needs}]
    if untold:
        said = f"Where these lie is not said, so they may be lost with {lost}: {', '.join(untold)}."
        return Check(name="dependencies", state="warning", sentence=said, remedy="Write them into depends_on.")
    said = f"Of {len(needs)} dependencies and {len(places)} places, none lies only in {lost}."
    return Check(name="dependencies", state="ready", sentence=said)


def judge_secrets(there: Sequence[str], missing: Sequence[str], unlooked: Sequence[str]) -> Check:
    """Whether the secrets that a recovery needs are present at the standby. None was read.

    Args:
        there, missing: those that their stores were asked for.
        unlooked: those for which the plan names no store.
    """
    if missing:
        said = f"Not there: {', '.join(missing)}."
        return Check(name="secrets", state="not ready", sentence=said, remedy="Put them there: copies, not references.")
    beside = f" Not looked for, as the plan names no store: {', '.join(unlooked)}." if unlooked else ""
    if not there:
        said = f"No secret was looked for.{beside}"
        return Check(name="secrets", state="ready", sentence=said, remedy="Give secrets in depends_on their store.")
    return Check(name="secrets", state="ready", sentence=f"{len(there)} secret(s) are there.{beside}")


def _same(one: str, other: str) -> bool:
    return one.strip().lower() == other.strip().lower()
