"""What a drill does in the place of the fence: nothing. The primary goes on; nobody is sent to the copy."""

from datetime import timedelta

from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    return go("In a drill the primary is not fenced: the copy has a name of its own, which nobody is sent to.")


@verb("spare primary", look=look, timeout=timedelta(seconds=30), reads=True)
def spare_primary(run: Run, seen: Decision) -> Outcome:
    """Two copies that take writes are what a fence prevents; here only the drill's own probes write to the copy."""
    return did(seen.sentence, proved=True)
