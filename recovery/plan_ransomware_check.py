"""Whether what a plan says of ransomware can work."""

from collections.abc import Iterator

from recovery.plan import Plan
from recovery.plan_fault import Finding


def ransomware_is_whole(plan: Plan) -> Iterator[Finding]:
    """What the ransomware playbook is told names components there are, rotates something, and is no contradiction."""
    policy = plan.ransomware
    if policy is None:
        return
    known = ", ".join(plan.components)
    for name in policy.evidence:
        if name not in plan.components:
            yield Finding(("ransomware", "evidence", name), f"there is no component {name}", f"one of {known}")
    if not policy.secrets:
        what = "no secret is rotated, so whoever stole one from the old site can use it at the new one"
        yield Finding(("ransomware", "secrets"), what, "secrets: [postgresql-role/shop], a block for each secret")
    for index, name in enumerate(policy.secrets):
        if name in policy.secrets[:index]:
            yield Finding(("ransomware", "secrets", index), f"{name} is named twice", "each secret once")
    for index, address in enumerate(policy.may_replace):
        if address in policy.may_keep:
            what = f"{address} may stay as it is and may be replaced"
            yield Finding(("ransomware", "may_replace", index), what, "it in one of the two lists")
