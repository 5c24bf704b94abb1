"""Decides about sites that all serve: which one to take out of DNS's rotation, and whether it is out for everybody."""

from collections.abc import Mapping, Sequence
from typing import Literal

from recovery.decision import Decision, done, go, refuse
from recovery.model import Frozen

SiteName = Literal["primary", "standby"]
LOOKS = 10  # where DNS answers one site in turn, so many answers must pass without a site that is out


class Shares(Frozen):
    """What a name is answered with, in turn.

    Args:
        name: the record.
        weights: each address and how often it is answered; 0 is out of rotation.
        ttl: how long an answer may be kept, in seconds.
    """

    name: str
    weights: dict[str, int]
    ttl: int

    @property
    def on(self) -> dict[str, int]:
        """Those that are in rotation."""
        return {address: weight for address, weight in self.weights.items() if weight}

    def turned(self, address: str, weight: int) -> "Shares":
        """The same with another weight for one address."""
        return self.model_copy(update={"weights": {**self.weights, address: weight}})


def decide_take_out(
    shares: Shares | None, sites: Mapping[SiteName, str], answers: Mapping[SiteName, bool], insisted: bool
) -> Decision:
    """Which site to take out of rotation. Never the last one: at least one site stays on.

    Args:
        shares: what DNS holds; None where there is no such record.
        sites: each site's address.
        answers: whether each answers its health probe.
        insisted: the operator wants the primary out although both answer.

    Returns:
        `go` or `done` with the facts `site` and `address`, or a refusal.
    """
    if bad := _unfit(shares, sites):
        return bad
    assert shares is not None
    silent: list[SiteName] = [name for name in sites if not answers[name]]
    if len(silent) == len(sites):
        return refuse(
            "No site answers: taking one out of rotation would help nobody, and at least one stays on.",
            "Bring one of them back; or restore elsewhere, by a plan with strategy: backup-restore.",
        )
    if not silent and not insisted:
        return refuse(
            "Both sites answer their health probe: there is none to take out.",
            "To take the primary out all the same, run again with even_if_primary_answers.",
        )
    site: SiteName = silent[0] if silent else "primary"
    address, why = sites[site], "does not answer" if silent else "answers, but the operator insists"
    facts = {"site": site, "address": address}
    if address not in shares.on:
        return done(f"The {site}, {address}, is out of the rotation of {shares.name} already.", **facts)
    if left := [other for other in shares.on if other != address]:
        return go(f"The {site}, {address}, {why}: taking it out; {', '.join(left)} stays on.", **facts)
    return refuse(
        f"The {site}, {address}, {why}, and is the last one in the rotation of {shares.name}: at least one stays on.",
        "Put another site into rotation first (lifeboat run failback), then run this again.",
    )


def decide_put_back(shares: Shares | None, sites: Mapping[SiteName, str]) -> Decision:
    """Which site to put back into rotation.

    Args:
        shares: what DNS holds; None where there is no such record.
        sites: each site's address.
    """
    if bad := _unfit(shares, sites):
        return bad
    assert shares is not None
    out: list[SiteName] = [name for name, address in sites.items() if address not in shares.on]
    if not out:
        return done(f"Both sites are in the rotation of {shares.name}.")
    if len(out) == len(sites):
        return refuse(f"No site is in the rotation of {shares.name}.", "Put one there by hand: the one with the data.")
    site = out[0]
    said = f"The {site}, {sites[site]}, is out of the rotation of {shares.name}: it goes back once it is healthy."
    return go(said, site=site, address=sites[site])


def out_for_all(looks: Sequence[Mapping[str, tuple[str, ...]]], address: str) -> Decision:
    """Whether nobody hands an address out any more.

    Args:
        looks: the newest answers, server to addresses; a server that does not answer stands with an empty tuple.
        address: of the site that is out.
    """
    if not looks or not looks[-1]:
        return refuse("No server was asked.", "Give the DNS zone block its name servers and resolvers.")
    handing = sorted({server for look in looks for server, values in look.items() if address in values})
    silent = sorted(server for server, values in looks[-1].items() if not values)
    if handing or silent:
        said = [f"{server} hands out {address}" for server in handing]
        said += [f"{server} does not answer" for server in silent]
        remedy = "Wait for the TTL to pass. A server that does not answer at all is looked at by hand."
        return refuse(f"{'; '.join(said)}.", remedy, waiting=len(handing) + len(silent))
    if len(looks) < LOOKS:
        return refuse(f"Asked {len(looks)} of {LOOKS} times so far.", "Wait.", waiting=0)
    return done(f"{len(looks[-1])} servers were asked {len(looks)} times each, and none hands out {address}.")


def in_for_all(looks: Sequence[Mapping[str, tuple[str, ...]]], address: str, late: bool) -> Decision:
    """Whether every server hands an address out again.

    Args:
        looks: all answers so far, server to addresses.
        address: of the site that is back.
        late: the time to wait is up. Then it is enough that one does: the others keep to what they were told, or have
            it in too small a share to be seen.
    """
    servers = {server for look in looks for server in look}
    handing = {server for look in looks for server, values in look.items() if address in values}
    if servers and (handing == servers or (handing and late)):
        return done(f"{len(handing)} of {len(servers)} servers were seen to hand out {address}.")
    return refuse(
        f"{len(handing)} of {len(servers)} servers were seen to hand out {address}.",
        "Look at the zone: is the record there, with a share? Ask its name servers yourself.",
    )


def _unfit(shares: Shares | None, sites: Mapping[SiteName, str]) -> Decision | None:
    """A refusal where the zone does not hold what the plan says."""
    if shares is None:
        return refuse("There is no such record in the zone.", "Create it, with the addresses of both sites.")
    if strange := sorted(set(shares.on) - set(sites.values())):
        return refuse(
            f"{shares.name} is answered with {', '.join(strange)}, which is no site of this plan.",
            "Find out who changed it; bring the plan up to date; then run this again.",
        )
    return None
