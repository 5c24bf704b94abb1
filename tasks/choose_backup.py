"""Chooses the backup to restore: the newest one that was proved, unless a person named another."""

from datetime import timedelta

from recovery.choose import choose_backup as decide
from recovery.decision import Decision, done
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.resume import keeps_promoted
from tasks.run import Run
from tasks.verb import verb

FRESH = "it was taken just now, after the last write; it is proved as it is restored"


def look(run: Run, wanted: str | None, fresh: bool) -> Decision:
    """Lists the backups and what their verifications said."""
    application = run.plan.application
    replicated = wanted is None and all(part.replica for part in run.plan.components.values())
    if replicated and run.plan.replication.beyond_rpo != "backup":
        return done("Nothing is restored: every component has a replica.", backup=None)
    decision = decide(
        run.backups.list(application),
        run.backups.verifications(application),
        now(),
        run.plan.objectives.rpo,
        wanted=wanted,
        unproved_because=run.break_glass or (FRESH if fresh else None),
    )
    if replicated and decision.verdict == "refuse":
        return done(f"There is no backup to fall back on: {decision.sentence}", backup=None)
    return decision


def still(run: Run, wanted: str | None, fresh: bool, before: Outcome) -> Decision:
    """Before the promotion a newer backup is better; after it there is nothing to choose any more."""
    return keeps_promoted(run.earlier, before)


@verb("choose backup", look=look, still=still, timeout=timedelta(minutes=2), retries=2, reads=True)
def choose_backup(run: Run, wanted: str | None, fresh: bool, seen: Decision) -> Outcome:
    """Takes the decision over as the backup that every later step restores from."""
    return did(seen.sentence, **seen.facts)
