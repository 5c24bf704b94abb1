"""Takes a backup of every component of an application, proof included, wherever the application runs now."""

from datetime import timedelta

from blocks.sources.kind import Source
from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from recovery.resume import keeps, keeps_promoted, of_this_run
from tasks.holds import backing_up
from tasks.live_site import live_site
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    """Finds the live site: after a failover it is the standby's data that must not be lost."""
    active = live_site(run)
    if active.verdict == "refuse":
        return active
    free = backing_up(run, str(active.facts["site"]))
    if free.verdict == "refuse":
        return free
    sentence = f"{active.sentence} Backing up {', '.join(run.plan.components)} to {run.plan.backup.vault}."
    return go(sentence, **active.facts)


def still(run: Run, before: Outcome) -> Decision:
    """Behind a drain that has stood ever since, it holds all there is; it may also be the only one that can be had."""
    if run.earlier.past_return:
        return keeps_promoted(run.earlier, before)
    mine = of_this_run(run.journal.lines)
    drained = any(line.kind == "found-done" and line.step == "drain primary" for line in mine)
    if drained and not run.earlier.begun_after("drain primary", "take backup"):
        return keeps(before)
    return go("Writes may have been made since the backup was taken.")


@verb("take backup", look=look, still=still, timeout=timedelta(hours=6), retries=1)
def take_backup(run: Run, seen: Decision) -> Outcome:
    """Reads every source in one snapshot each, seals it, and writes the signed manifest last."""
    manifest = run.backups.take(run.plan.application, _live(run, str(seen.facts["site"])), run.say)
    return did(
        f"Backup {manifest.backup} is in the vault.", backup=manifest.backup, taken_at=manifest.taken_at.isoformat()
    )


def _live(run: Run, site: str) -> dict[str, Source]:
    parts = run.plan.components.items()
    return {name: run.source(part.source if site == "primary" else part.restore_to) for name, part in parts}
