"""What Route 53 answers a name with in turn: weighted A records, or one plain A record of several addresses."""

from typing import TYPE_CHECKING

from recovery.errors import Conflict, Refused
from recovery.rotation import Shares

if TYPE_CHECKING:
    from mypy_boto3_route53.type_defs import ChangeTypeDef, ResourceRecordSetOutputTypeDef

    Held = list[ResourceRecordSetOutputTypeDef]


def shares_of(name: str, held: "Held") -> Shares | None:
    """Raises `Refused` where something of the name is answered by other rules: it could not be taken out."""
    if not held:
        return None
    weighted = [each for each in held if "Weight" in each]
    if any(each["Type"] != "A" or "AliasTarget" in each for each in held):
        raise _refused(name, "AAAA, CNAME or alias records")
    if not weighted and len(held) == 1 and "SetIdentifier" not in held[0]:
        values = [each["Value"] for each in held[0]["ResourceRecords"]]
        return Shares(name=name, weights=dict.fromkeys(values, 1), ttl=held[0]["TTL"])
    if len(weighted) < len(held) or any(len(each["ResourceRecords"]) != 1 for each in held):
        raise _refused(name, "records that are routed by other rules than weights, or several addresses in one of them")
    weights = {each["ResourceRecords"][0]["Value"]: each["Weight"] for each in weighted}
    if len(weights) < len(weighted):
        raise _refused(name, "two records of one address")
    return Shares(name=name, weights=weights, ttl=max(each["TTL"] for each in weighted))


def turning(held: "Held", target: Shares) -> "list[ChangeTypeDef]":
    """The changes that lead to the target. All else of a record, such as its health check, stays as it is.

    Raises:
        Refused: an address is to be answered that has no record.
    """
    if "Weight" not in held[0]:
        after = {**held[0], "ResourceRecords": [{"Value": address} for address in sorted(target.on)]}
        return [
            {"Action": "DELETE", "ResourceRecordSet": held[0]},
            {"Action": "CREATE", "ResourceRecordSet": after},  # type: ignore[typeddict-item]
        ]
    there = {each["ResourceRecords"][0]["Value"]: each for each in held}
    if absent := sorted(target.on.keys() - there.keys()):
        raise Refused(
            f"{target.name} has no weighted record for {', '.join(absent)}.", remedy="Create it, with a weight of 0."
        )
    changes: list[ChangeTypeDef] = []
    for address, each in there.items():
        if each["Weight"] != target.weights.get(address, 0):
            after = {**each, "Weight": target.weights.get(address, 0)}
            changes.append({"Action": "DELETE", "ResourceRecordSet": each})
            changes.append({"Action": "CREATE", "ResourceRecordSet": after})  # type: ignore[typeddict-item]
    return changes


def same_shares(held: "Held", one: Shares, other: Shares) -> bool:
    """Whether users are sent to the same places. A plain record knows no shares."""
    plain = bool(held) and "Weight" not in held[0]
    return one.on.keys() == other.on.keys() if plain else one.on == other.on


def turned_meanwhile(expected: Shares, found: Shares | None) -> Conflict:
    held = f"it has {_say(found)}" if found else "it was changed at this very moment, or removed"
    return Conflict(
        f"{expected.name} no longer has {_say(expected)}: {held}.",
        changed="It was left as it is.",
        remedy="Find out who changed it and why, then run again.",
    )


def absolute(name: str) -> str:
    return f"{name.lower().rstrip('.')}."


def _say(shares: Shares) -> str:
    return ", ".join(f"{address} with {weight}" for address, weight in sorted(shares.weights.items())) or "no address"


def _refused(name: str, what: str) -> Refused:
    return Refused(
        f"{name} has {what}: it cannot be told who would still be sent where.",
        remedy="Use weighted A records of one address each, or one plain A record, for this name alone.",
    )
