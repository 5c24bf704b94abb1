"""Restores the newest of a provider's own backups beside what is live, reads it, removes it, and puts it on record."""

import time
from datetime import timedelta

from blocks.snapshots.kind import ManagedBackup, Shown, Taken
from recovery.decision import Decision
from recovery.errors import NotProved, RecoveryError
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.snapshots import SnapshotRecord, choose_to_prove
from tasks.run import Run
from tasks.snapshots import at_live_site, managed, records
from tasks.verb import verb


def look(run: Run, snapshot: str) -> Decision:
    """Asks the provider for its backups, and the vault for what is on record of them."""
    active, block = at_live_site(run, snapshot)
    if block is None:
        return active
    newest = next(iter(block.backups()), None)
    chosen = choose_to_prove(
        snapshot,
        (newest.name, newest.reference) if newest else None,
        records(run).read(run.plan.application, snapshot),
    )
    return chosen.model_copy(update={"facts": {**active.facts, **chosen.facts}})


@verb("prove snapshot {snapshot}", look=look, timeout=timedelta(hours=12), retries=1)
def prove_snapshot(run: Run, snapshot: str, seen: Decision) -> Outcome:
    """What was restored is removed, whatever came of it."""
    block, name, begun = managed(run, snapshot, str(seen.facts["site"])), str(seen.facts["name"]), time.monotonic()
    assert block is not None
    taken = next(each for each in block.backups() if each.name == name)
    try:
        shown = _look_into(block, name)
    finally:
        block.discard()
    _put_on_record(run, snapshot, taken, shown, time.monotonic() - begun)
    if shown.problems:
        what = f"The backup {name} of {snapshot} is not to be relied on: {' '.join(shown.problems)}"
        raise NotProved(run.scrubber.clean(what), remedy="Take a new one, and find out what happened to this one.")
    return did(f"{name} of {snapshot} is {shown.depth}. {shown.sentence}", name=name, depth=shown.depth)


def _look_into(block: ManagedBackup, name: str) -> Shown:
    """A restore that does not succeed is a finding as well, unless the provider could only not be reached."""
    try:
        block.restore(name)
        return block.prove(name)
    except NotProved as error:
        return Shown(depth="listed", sentence="It was to be restored.", problems=(error.what,))


def _put_on_record(run: Run, snapshot: str, taken: Taken, shown: Shown, seconds: float) -> None:
    clean = run.scrubber.clean
    try:
        records(run).write(
            SnapshotRecord(
                application=run.plan.application,
                snapshot=snapshot,
                name=taken.name,
                reference=taken.reference,
                place=taken.place,
                taken_at=taken.taken_at,
                at=now(),
                seconds=round(seconds, 3),
                depth=shown.depth,
                sentence=clean(shown.sentence),
                problems=tuple(clean(each) for each in shown.problems),
            )
        )
    except RecoveryError as error:
        raise RecoveryError(
            f"What was found of {taken.name} of {snapshot} could not be put on record: {error.what}",
            changed="What was restored is removed.",
            remedy=error.remedy,
        ) from error
