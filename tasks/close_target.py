"""Raises the fences again that were lowered around the site that the application was to move back to."""

from datetime import timedelta

from blocks.fences.kind import Fence
from recovery.decision import Decision, done, go
from recovery.fencing import judge_fences
from recovery.outcome import Outcome, did
from tasks.raise_fences import raise_fences
from tasks.run import Run
from tasks.verb import verb

TIMEOUT = timedelta(minutes=3)


def look(run: Run) -> Decision:
    """Behind them is the application with old data: it must not take writes beside the live site."""
    if run.plan.failback is None:
        return done("Nothing was opened around this site.")
    return go(f"Raising {' and '.join(run.plan.failback.fence)} again.", fence=list(run.plan.failback.fence))


@verb("close target", look=look, timeout=TIMEOUT, retries=1)
def close_target(run: Run, seen: Decision) -> Outcome:
    """Before the live site gets its writes back."""
    fences = {name: run.block(name, Fence) for name in seen.facts["fence"]}  # type: ignore[type-abstract]
    judged = judge_fences(raise_fences(fences, TIMEOUT.total_seconds() - 10), None).or_refuse()
    return did(judged.sentence, **judged.facts)
