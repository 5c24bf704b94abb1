"""Whether a provider would let the standby be built: what Terraform would create, and what quotas leave. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from recovery.model import Frozen
from recovery.readiness import Check

# How resources name the size of a machine that they make.
_SIZES = ("instance_type", "instance_class")
NEARLY = 0.9


class Headroom(Frozen):
    """One quota.

    Args:
        name: what it limits.
        wanted: how much the standby's plan would take.
        used: how much is taken.
        limit: how much there may be, or None where nobody said.
    """

    name: str
    wanted: float
    used: float
    limit: float | None

    @property
    def sentence(self) -> str:
        limit = f"{self.limit:g} allowed" if self.limit is not None else "the limit could not be read"
        return f"{self.name}: {self.wanted:g} wanted, {self.used:g} in use, {limit}"


def count_wanted(shown: Mapping[str, Any]) -> dict[str, int]:
    """What a Terraform plan would create, by type, and by size where machines have one: `aws_instance t3.micro`.

    Of the values only sizes and counts are looked at.

    Args:
        shown: what `terraform show -json PLANFILE` printed, decoded.
    """
    found, groups, templates = Counter[str](), 0, set[str]()
    for resource in shown.get("resource_changes", []):
        if resource["change"]["actions"] != ["create"]:
            continue
        kind, after = str(resource["type"]), resource["change"].get("after") or {}
        size = next((str(after[name]) for name in _SIZES if isinstance(after.get(name), str)), "")
        if kind == "aws_launch_template":
            templates.add(size or "?")
        elif kind == "aws_autoscaling_group":
            groups += int(after.get("desired_capacity") or after.get("min_size") or 0)
        found[f"{kind} {size}".rstrip()] += 1
    if groups:  # which template a group uses is known only once both are made
        found[f"aws_instance {max(templates) if len(templates) == 1 else '?'}"] += groups
    return dict(found)


def judge_quotas(found: Sequence[Headroom], unknown: Sequence[str]) -> Check:
    """Whether everything that the standby needs may be created.

    Args:
        found: every quota that the plan would use some of.
        unknown: what would be created of which no quota is known here.
    """
    short = [each for each in found if each.limit is not None and each.used + each.wanted > each.limit]
    unread = [each for each in found if each.limit is None]
    near = [each for each in found if each.limit and each.used + each.wanted > NEARLY * each.limit]
    beside = f" Not looked at: {', '.join(unknown)}." if unknown else ""
    if short:
        said = f"Quotas would stop the standby from being built. {_listed(short)}.{beside}"
        remedy = "Ask the provider to raise them now: that takes hours to days."
        return Check(name="quotas", state="not ready", sentence=said, remedy=remedy)
    if unread:
        said = f"Some quotas could not be read. {_listed(unread)}.{beside}"
        remedy = "Let the block's keys read service quotas, or look by hand."
        return Check(name="quotas", state="warning", sentence=said, remedy=remedy)
    if near:
        said = f"The standby would nearly use up its quotas. {_listed(near)}.{beside}"
        return Check(name="quotas", state="warning", sentence=said, remedy="Ask the provider to raise them.")
    said = f"{_listed(found)}." if found else "Nothing would be created that a known quota limits."
    return Check(name="quotas", state="ready", sentence=said + beside)


def _listed(found: Sequence[Headroom]) -> str:
    return "; ".join(each.sentence for each in found)
