"""Whether the place to rebuild in is clean: nothing of the old site, or of an earlier one, is used again. Pure."""

import fnmatch
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from recovery.decision import Decision, go, refuse
from recovery.plan_ransomware import RansomwarePolicy
from recovery.terraform import Changes


def to_replace(changes: Changes, policy: RansomwarePolicy, mine: Sequence[str] = ()) -> Decision:
    """What Terraform has to build anew of what stands already.

    Args:
        changes: what a plan would do, and what it would keep.
        policy: what may stay, and what may be replaced.
        mine: addresses that this very incident built.

    Returns:
        `go` with the fact `replace`, or `refuse` where something stands that the plan says nothing of.
    """
    before = [name for name in (*changes.kept, *changes.update) if name not in mine]
    stays = [name for name in before if _named(name, policy.may_keep)]
    goes = [name for name in before if name not in stays and _named(name, policy.may_replace)]
    unknown = [name for name in before if name not in stays and name not in goes]
    if unknown:
        return refuse(
            f"The standby already holds {', '.join(unknown)}: it may be infected, or known to the intruder.",
            "Name it under ransomware.may_replace to have it built anew, or under ransomware.may_keep if it is neither "
            "a machine nor a disk; or destroy it yourself.",
            standing=unknown,
        )
    said = "Nothing of the standby stood before." if not before else f"{len(stays)} of the standby may stay as they are"
    if goes:
        said = f"{said}; {', '.join(goes)} stood before, and will be replaced."
    return go(said if said.endswith(".") else f"{said}.", replace=goes)


def judge_targets(found: Mapping[str, int | None], may_erase: bool) -> Decision:
    """Whether the places to restore to are empty.

    Args:
        found: component to how many tables or files its place holds, 0 where it does not exist, or None where it could
            not be asked: it is not built yet.
        may_erase: whether the plan allows what is there to be erased.

    Returns:
        `go` with the facts `erase` and `unknown`, or `refuse`.
    """
    full = {name: count for name, count in found.items() if count}
    unknown = [name for name, count in found.items() if count is None]
    told = ", ".join(f"{name} ({count} items)" for name, count in full.items())
    if full and not may_erase:
        return refuse(
            f"The standby's places hold data from before: {told}.",
            "Give the plan empty places, or let it erase them: ransomware.may_erase: true.",
        )
    said = f"What the standby's places hold is erased first: {told}." if full else "The standby's places are empty."
    if unknown:
        said = f"{said} {', '.join(unknown)} cannot be asked yet; it is looked at again before the restore."
    return go(said, erase=[*full], unknown=unknown)


def judge_apart(
    sources: Mapping[str, str], targets: Mapping[str, str], values: Mapping[str, Sequence[str]], old: Sequence[str]
) -> Decision:
    """Whether the new site shares no server, address or image with the old one.

    Args:
        sources, targets: component to the address of its place at the old site and at the new one.
        values: what builds and configures the new site (a block's name) to every value it is given.
        old: addresses of the old site and images it ran from.
    """
    servers = {server for each in sources.values() if (server := _server(each))}
    for name, address in targets.items():
        if (server := _server(address)) in servers:
            return _shared(f"{name} would be restored to {server}, a server of the old site")
    for block, given in values.items():
        if again := [each for each in old if each in given]:
            return _shared(f"{block} names {', '.join(again)}, which is of the old site")
    return go("The new site shares no server, address or image with the old one.")


def _shared(what: str) -> Decision:
    return refuse(f"The new site would use the old one again: {what}.", "Correct the block, then run this again.")


def _server(address: str) -> str | None:
    """The server of an address, or None for a folder on this machine."""
    parts = urlsplit(address)
    return None if parts.scheme == "file" else parts.netloc.rpartition("@")[2] or None


def _named(address: str, patterns: Sequence[str]) -> bool:
    return any(address == pattern or fnmatch.fnmatchcase(address, pattern) for pattern in patterns)
