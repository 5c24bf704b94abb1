"""Holds every backup of the application: none is removed, and the old site is not backed up, until it is released."""

from datetime import timedelta

from recovery.decision import Decision, done, go
from recovery.hold import Hold
from recovery.model import now
from recovery.outcome import Outcome, did
from tasks.holds import holds, started_by
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    """Whether this incident holds them already."""
    mine = [each for each in holds(run).standing(run.plan.application) if each.incident == run.incident and each.hold]
    if mine:
        return done(f"Every backup of {run.plan.application} is {mine[0].sentence}.", incident=run.incident)
    region = run.plan.sites.primary.region
    return go(f"Holding every backup of {run.plan.application}; {region} is not backed up any more.")


@verb(
    "hold backups",
    look=look,
    timeout=timedelta(minutes=2),
    retries=3,
    undo="lifeboat hold release PLAN INCIDENT --by NAME --reason REASON, when all is over.",
)
def hold_backups(run: Run, seen: Decision) -> Outcome:
    """Signed, in every vault. A retention that is under way stops at its next backup, as each is asked for anew."""
    hold = Hold(
        application=run.plan.application,
        incident=run.incident,
        region=run.plan.sites.primary.region,
        at=now(),
        by=started_by(run),
        reason="ransomware",
    )
    holds(run).place(hold)
    return did(f"Every backup of {hold.application} stays until a person releases the hold.", incident=run.incident)
