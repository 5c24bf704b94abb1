"""Chooses the backup to verify: the newest one, unless a person named another."""

from datetime import timedelta

from recovery.decision import Decision, go, refuse
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, wanted: str | None) -> Decision:
    """A backup whose manifest is broken is no reason to verify an older one: it is what has to be found."""
    application = run.plan.application
    backups = [each.backup for each in run.backups.list(application)]
    if wanted and wanted not in backups:
        return refuse(f"There is no backup {wanted} of {application}.", f"There are {', '.join(backups) or 'none'}.")
    if not backups:
        return refuse(f"There is no backup of {application} to verify.", f"Run `lifeboat run backup {application}`.")
    name = wanted or max(backups)
    return go(f"Verifying {name}, the {'one asked for' if wanted else 'newest one'}.", backup=name)


@verb("choose backup", look=look, timeout=timedelta(minutes=2), retries=2, reads=True)
def choose_unproved(run: Run, wanted: str | None, seen: Decision) -> Outcome:
    """Takes the decision over as the backup that is verified."""
    return did(seen.sentence, **seen.facts)
