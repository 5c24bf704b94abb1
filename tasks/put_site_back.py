"""Puts a site of an active-active application back into DNS's rotation, with the share that the plan gives it."""

from datetime import timedelta

from recovery.decision import Decision, done, go
from recovery.outcome import Outcome, did
from recovery.resume import keeps
from recovery.rotation import decide_put_back
from tasks.rotation import shares_of, site_of, sites_of, turn
from tasks.run import Run
from tasks.verb import verb


def look_for_it(run: Run) -> Decision:
    return decide_put_back(shares_of(run), {name: site.address for name, site in sites_of(run).items()})


def still(run: Run, before: Outcome) -> Decision:
    """It may be back in rotation, and not yet probed."""
    return keeps(before)


@verb("find site out", look=look_for_it, still=still, timeout=timedelta(minutes=1), retries=2, delay=1, reads=True)
def find_site_out(run: Run, seen: Decision) -> Outcome:
    """Which one it is; found done where both are in rotation."""
    return did(seen.sentence, **seen.facts)


def look(run: Run, site: str) -> Decision:
    shares, address = shares_of(run), site_of(run, site).address
    if shares and address in shares.on:
        return done(f"The {site}, {address}, is in rotation.")
    return go(f"The {site}, {address}, goes back into the rotation of {run.plan.dns.name}.")


@verb(
    "put site back",
    look=look,
    timeout=timedelta(minutes=2),
    retries=2,
    delay=1,
    undo="lifeboat run failover takes it out again, if it does not answer.",
)
def put_site_back(run: Run, site: str, seen: Decision) -> Outcome:
    """Only after its health probes passed."""
    address = site_of(run, site).address
    share = run.plan.rotation.standby if site == "standby" else run.plan.rotation.primary
    _, change = turn(run, address, share)
    return did(f"The {site}, {address}, is in the rotation of {run.plan.dns.name} again.", share=share, change=change)
