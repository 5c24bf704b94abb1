"""Ingress rules of a security group as plain values that can be kept, compared and given back."""

from typing import Any

Rule = dict[str, Any]
_SOURCES = {
    "CidrIpv4": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "PrefixListId": ("PrefixListIds", "PrefixListId"),
}


def plain_rule(rule: Rule) -> Rule:
    """What is worth keeping of a rule as `DescribeSecurityGroupRules` gives it."""
    kept = ("IpProtocol", "FromPort", "ToPort", *_SOURCES, "Description")
    plain = {key: rule[key] for key in kept if rule.get(key) is not None}
    group = rule.get("ReferencedGroupInfo") or {}
    if group:
        wanted = ("GroupId", "UserId", "VpcPeeringConnectionId")
        plain["Group"] = {key: group[key] for key in wanted if group.get(key)}
    return plain


def identity(rule: Rule) -> str:
    """Two rules of the same identity let in the same; AWS keeps only one of them. The description does not count."""
    return repr(sorted((key, value) for key, value in rule.items() if key != "Description"))


def union(*lists: list[Rule]) -> list[Rule]:
    """Every rule once, in order."""
    return list({identity(rule): rule for rules in lists for rule in rules}.values())


def permission(rule: Rule) -> dict[str, Any]:
    """A plain rule as `AuthorizeSecurityGroupIngress` takes it."""
    made: dict[str, Any] = {key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in rule}
    described = {"Description": rule["Description"]} if rule.get("Description") else {}
    if "Group" in rule:
        made["UserIdGroupPairs"] = [rule["Group"] | described]
    for key, (ranges, name) in _SOURCES.items():
        if key in rule:
            made[ranges] = [{name: rule[key]} | described]
    return made
