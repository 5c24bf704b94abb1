"""Removes what a failover restored at the standby and did not promote."""

from datetime import timedelta

from recovery.decision import Decision
from recovery.outcome import Outcome, did
from recovery.resume import may_abandon
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    return may_abandon(run.earlier)


@verb("discard restored", look=look, timeout=timedelta(minutes=10), retries=2)
def discard_restored(run: Run, seen: Decision) -> Outcome:
    """Only the copies beside the live data go; the standby's machines stay, and the next failover finds them built.

    Where a replica still follows its primary nothing was restored, and nothing could be removed.
    """
    for name, part in run.plan.components.items():
        if not part.replica or run.earlier.begun(f"free replica {name}"):
            run.source(part.restore_to).discard()
    return did("What was restored is removed. The standby's infrastructure stays.")
