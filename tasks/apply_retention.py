"""Removes the backups that no rule of the plan keeps."""

from datetime import timedelta

from recovery.decision import Decision, go, refuse
from recovery.errors import RecoveryError
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.retention import Rules, decide_retention
from tasks.holds import removal
from tasks.run import Run
from tasks.verb import verb

# No backup is under way that wrote nothing for so long: taking one may last 6 hours in all.
UNFINISHED = timedelta(hours=24)


def look(run: Run) -> Decision:
    """Lists the backups, and decides about each."""
    keep, application = run.plan.backup.keep, run.plan.application
    if keep is None:
        return refuse("The plan does not say which backups to keep.", "Write backup.keep, then run this again.")
    free = removal(run)
    if free.verdict != "go":
        return free
    rules = Rules.model_validate(keep.model_dump())
    proved = {one.backup for one in run.backups.verifications(application) if one.shows("proved equal")}
    backups, care = run.backups.list(application), run.backups.care
    going = [each.backup for each in decide_retention(backups, proved, rules, now()) if not each.keep]
    locked = {backup: until for backup in going if (until := care.locked_until(application, backup))}
    decided = decide_retention(backups, proved, rules, now(), locked)
    leftovers = care.leftovers(application, UNFINISHED)
    for sentence in [*(each.sentence for each in decided), *leftovers]:
        run.say(sentence)
    going = [each.backup for each in decided if not each.keep]
    kept = len(decided) - len(going)
    said = f"{len(going)} of {len(decided)} backups go."
    return go(" ".join([said, *leftovers]), going=going, kept=kept, locked=len(locked))


@verb("apply retention", look=look, timeout=timedelta(hours=1))
def apply_retention(run: Run, seen: Decision) -> Outcome:
    """Removes them one by one, the oldest first. One that a lock holds is left, and said."""
    left: list[str] = []
    going: list[str] = seen.facts["going"]
    for backup in sorted(going):
        try:
            run.backups.care.remove(run.plan.application, backup)
        except RecoveryError as error:
            left.append(f"{backup}: {error.what}")
    reaped = run.backups.care.reap(run.plan.application, UNFINISHED)
    said = f"{len(going) - len(left)} backups removed, {seen.facts['kept']} kept."
    facts = {"removed": len(going) - len(left), "left": left, "reaped": reaped}
    return did(" ".join([said, *(f"Not removed: {line}" for line in left), *reaped]), **facts)
