"""Takes the last backup of a drained primary, where anything is restored from it."""

from recovery.outcome import Outcome
from tasks.choose_backup import choose_backup
from tasks.run import Run
from tasks.take_backup import take_backup


async def last_backup(run: Run) -> Outcome:
    """The backup to restore; without a name where every component has a replica."""
    if all(part.replica for part in run.plan.components.values()):
        return Outcome(sentence="No backup is restored: every component has a replica.", facts={"backup": None})
    taken = await take_backup(run)
    name = None if run.dry_run else str(taken.facts["backup"])
    return await choose_backup(run, wanted=name, fresh=True)
