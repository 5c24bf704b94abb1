"""Removes the backups that no rule of the plan keeps."""

from datetime import timedelta

from recovery.decision import Decision, done, go, refuse
from recovery.errors import RecoveryError
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.retention import Rules, decide_retention
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    """Lists the backups, and decides about each."""
    keep, application = run.plan.backup.keep, run.plan.application
    if keep is None:
        return refuse("The plan does not say which backups to keep.", "Write backup.keep, then run this again.")
    rules = Rules.model_validate(keep.model_dump())
    proved = {one.backup for one in run.backups.verifications(application) if one.shows("proved equal")}
    decided = decide_retention(run.backups.list(application), proved, rules, now())
    for each in decided:
        run.say(each.sentence)
    going = [each.backup for each in decided if not each.keep]
    if not going:
        return done(f"All {len(decided)} backups stay.", kept=len(decided))
    return go(f"{len(going)} of {len(decided)} backups go.", going=going, kept=len(decided) - len(going))


@verb("apply retention", look=look, timeout=timedelta(hours=1))
def apply_retention(run: Run, seen: Decision) -> Outcome:
    """Removes them one by one, the oldest first. One that a lock holds is left, and said."""
    left: list[str] = []
    going: list[str] = seen.facts["going"]
    for backup in sorted(going):
        try:
            run.backups.remove(run.plan.application, backup)
        except RecoveryError as error:
            left.append(f"{backup}: {error.what}")
    said = f"{len(going) - len(left)} backups removed, {seen.facts['kept']} kept."
    return did(" ".join([said, *(f"Not removed: {line}" for line in left)]), removed=len(going) - len(left), left=left)
