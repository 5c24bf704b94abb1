"""Takes a backup of every component of an application, proof included."""

from datetime import timedelta

from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    return go(f"Backing up {', '.join(run.plan.components)} to {run.plan.backup.vault}.")


@verb("take backup", look=look, timeout=timedelta(hours=6), retries=1)
def take_backup(run: Run, seen: Decision) -> Outcome:
    """Reads every source in one snapshot each, seals it, and writes the signed manifest last."""
    sources = {name: run.source(part.source) for name, part in run.plan.components.items()}
    manifest = run.backups.take(run.plan.application, sources, run.say)
    return did(
        f"Backup {manifest.backup} is in the vault.", backup=manifest.backup, taken_at=manifest.taken_at.isoformat()
    )
