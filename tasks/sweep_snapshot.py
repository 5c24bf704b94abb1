"""Removes what an earlier verification restored of a provider's own backups, and could not remove: it was killed."""

from datetime import timedelta

from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.snapshots import at_live_site, managed
from tasks.verb import verb


def look(run: Run, snapshot: str) -> Decision:
    active, block = at_live_site(run, snapshot)
    if block is None:
        return active
    return go(f"Removing what an earlier verification may have left of {snapshot}.", **active.facts)


@verb("sweep snapshot {snapshot}", look=look, timeout=timedelta(hours=1), retries=2)
def sweep_snapshot(run: Run, snapshot: str, seen: Decision) -> Outcome:
    """This run holds the lease, so that whoever left something is dead."""
    block = managed(run, snapshot, str(seen.facts["site"]))
    assert block is not None
    block.discard()
    return did(f"Nothing that was restored of {snapshot} is left.")
