"""Lets a provider take its own backup of one thing: a snapshot, a copy of a bucket, a repository's next backup."""

from datetime import timedelta

from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from tasks.holds import backing_up
from tasks.run import Run
from tasks.snapshots import at_live_site, managed
from tasks.verb import verb


def look(run: Run, snapshot: str, name: str) -> Decision:
    """Finds what takes it at the live site."""
    active, block = at_live_site(run, snapshot)
    if block is None:
        return active
    free = backing_up(run, str(active.facts["site"]))
    if free.verdict == "refuse":
        return free
    return go(f"{active.sentence} {block.address} takes the backup {name}.", **active.facts)


@verb("take snapshot {snapshot}", look=look, timeout=timedelta(hours=12), retries=2)
def take_snapshot(run: Run, snapshot: str, name: str, seen: Decision) -> Outcome:
    """A second call by the same name finishes or returns the first."""
    block = managed(run, snapshot, str(seen.facts["site"]))
    assert block is not None
    taken = block.take(name)
    facts = {"taken_at": taken.taken_at.isoformat(), "reference": taken.reference, "place": taken.place}
    return did(f"{taken.name} of {snapshot} is kept in {taken.place}, as {taken.reference}.", name=taken.name, **facts)
