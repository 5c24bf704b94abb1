"""Looks at one thing that a recovery will need."""

from datetime import timedelta

from recovery.decision import Decision, go
from recovery.errors import RecoveryError
from recovery.outcome import Outcome, did
from recovery.readiness import Check
from tasks.readiness_probes import PROBES
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, what: str) -> Decision:
    return go(f"Looking at {what}.")


@verb("check {what}", look=look, timeout=timedelta(minutes=10), reads=True)
def check_readiness(run: Run, what: str, seen: Decision) -> Outcome:
    """What cannot be looked at is not ready: a recovery would meet the same wall."""
    try:
        seen_there = PROBES[what](run)
    except RecoveryError as error:
        seen_there = Check(name=what, state="not ready", sentence=error.what, remedy=error.remedy)
    checks = seen_there if isinstance(seen_there, tuple) else (seen_there,)
    clean = run.scrubber.clean
    checks = tuple(
        each.model_copy(update={"sentence": clean(each.sentence), "remedy": clean(each.remedy)}) for each in checks
    )
    said = " ".join(f"{each.state}: {each.sentence}" for each in checks)
    return did(said, checks=[each.model_dump() for each in checks])
