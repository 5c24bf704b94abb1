"""Wraps the key of every backup anew, for those who may open it now. No data is read or written."""

from datetime import timedelta

from recovery.decision import Decision, done, go
from recovery.errors import RecoveryError
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    """Lists the backups whose manifest is whole."""
    backups = [each.backup for each in run.backups.list(run.plan.application) if each.manifest]
    if not backups:
        return done("There is no backup whose key could be wrapped anew.")
    return go(f"The keys of {len(backups)} backups are wrapped anew.", backups=backups)


@verb("rotate keys", look=look, timeout=timedelta(hours=1))
def rotate_keys(run: Run, seen: Decision) -> Outcome:
    """One by one. Those that could be done are; the step fails if one could not, and names it. Safe to run again."""
    store, failed = run.backups, []
    for backup in seen.facts["backups"]:
        try:
            store.care.rewrap(store.manifest(run.plan.application, backup))
        except RecoveryError as error:
            failed.append(f"{backup}: {error.what}")
    if failed:
        what = f"The keys of {len(failed)} of {len(seen.facts['backups'])} backups were not wrapped anew: "
        raise RecoveryError(what + " ".join(failed), changed="The others were.", remedy="Mend it, then run it again.")
    return did(f"The keys of {len(seen.facts['backups'])} backups are wrapped anew.")
