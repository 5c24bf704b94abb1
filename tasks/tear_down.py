"""Removes the scratch copies of a verification."""

import re
import shutil
from datetime import timedelta

from recovery.decision import Decision, go
from recovery.errors import RecoveryError
from recovery.outcome import Outcome, did
from recovery.places import incident_folder
from tasks.run import Run
from tasks.verb import verb

RESTORING = "restore"  # the folder of a run that its archives are fetched to


def look(run: Run) -> Decision:
    return go("Removing the scratch copies.")


@verb("tear down", look=look, timeout=timedelta(minutes=5), retries=2)
def tear_down(run: Run, seen: Decision) -> Outcome:
    """Removes what was restored to be proved; live data is never named here."""
    _discard(run)
    return did("The scratch copies are gone.")


def look_for_leftovers(run: Run) -> Decision:
    return go("Removing what a verification that was killed may have left.")


@verb("sweep scratch", look=look_for_leftovers, timeout=timedelta(minutes=5), retries=2)
def sweep_scratch(run: Run, seen: Decision) -> Outcome:
    """This run holds the lease, so that whoever left something is dead: copies in scratch, archives on this disk."""
    _discard(run)
    pattern = re.compile(re.escape(f"{run.plan.application}-{run.playbook}-") + r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}")
    removed = 0
    for folder in incident_folder("").glob(f"*/{RESTORING}"):
        if pattern.fullmatch(folder.parent.name) and folder.parent != run.folder:
            removed += sum(each.is_file() for each in folder.iterdir())
            shutil.rmtree(folder)
    return did(f"Scratch is empty; {removed} file(s) of dead runs were removed.", removed=removed)


def _discard(run: Run) -> None:
    """Removes every copy, also where one of them cannot be removed."""
    troubles: list[RecoveryError] = []
    for part in run.plan.components.values():
        try:
            run.source(part.scratch).discard()
        except RecoveryError as error:
            troubles.append(error)
    if troubles:
        raise troubles[0]
