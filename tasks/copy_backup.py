"""Makes sure that every vault of the plan holds a whole copy of a backup."""

from datetime import timedelta

from recovery.decision import Decision, done, go
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, backup: str) -> Decision:
    """Asks each vault. Where taking the backup could write to all of them, there is nothing left to do."""
    store = run.backups
    faults = store.care.copy_faults(store.manifest(run.plan.application, backup))
    if not faults:
        return done(f"Every vault holds a whole copy of {backup}.", copies=1 + len(run.plan.backup.copies))
    return go(" ".join(f"No whole copy of {backup} in {name}: {fault}" for name, fault in faults.items()))


@verb("copy backup", look=look, timeout=timedelta(hours=6), retries=2)
def copy_backup(run: Run, backup: str, seen: Decision) -> Outcome:
    """Copies it from a vault that has it whole. A vault that goes on failing fails the run: people must know."""
    store = run.backups
    written = store.care.copy(store.manifest(run.plan.application, backup))
    return did(f"{backup} was copied into {', '.join(written)}.", copied=written)
