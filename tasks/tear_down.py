"""Removes the scratch copies of a verification."""

from datetime import timedelta

from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    return go("Removing the scratch copies.")


@verb("tear down", look=look, timeout=timedelta(minutes=5), retries=2)
def tear_down(run: Run, seen: Decision) -> Outcome:
    """Removes what was restored to be proved; live data is never named here."""
    for part in run.plan.components.values():
        run.source(part.scratch).discard()
    return did("The scratch copies are gone.")
