"""Takes a site of an active-active application out of DNS's rotation; the others serve its users."""

from datetime import timedelta

from recovery.decision import Decision, done
from recovery.outcome import Outcome, did
from recovery.rotation import decide_take_out
from tasks.rotation import other_site, shares_of, site_of, sites_of, turn
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, site: str) -> Decision:
    """Looks again: the last one in rotation is never taken out, whatever was decided before."""
    shares, chosen = shares_of(run), site_of(run, site)
    if shares and chosen.address not in shares.on and other_site(run, site).address in shares.on:
        return done(f"The {site}, {chosen.address}, is out of rotation.", site=site, address=chosen.address)
    addresses = {name: each.address for name, each in sites_of(run).items()}
    return decide_take_out(shares, addresses, {name: name != site for name in addresses}, insisted=True)


@verb(
    "take site out",
    look=look,
    timeout=timedelta(minutes=2),
    retries=2,
    delay=1,
    undo="lifeboat run failback puts the site back into rotation, once it is healthy.",
)
def take_site_out(run: Run, site: str, seen: Decision) -> Outcome:
    """Compares and swaps in one change: a record that somebody else changed meanwhile is left alone."""
    chosen = site_of(run, site)
    before, change = turn(run, chosen.address, 0)
    left = other_site(run, site)
    said = f"The {site}, {chosen.address}, is out of the rotation of {run.plan.dns.name}; {left.address} stays on."
    swap = {"before": f"{chosen.address}, {left.address}", "after": left.address, "change": change}
    return did(said, site=site, address=chosen.address, share_before=before, **swap)
