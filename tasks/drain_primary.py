"""Drains the primary: it takes no more writes, and that is proved, but what it holds can still be read."""

from datetime import timedelta

from blocks.fences.kind import Fence
from recovery.decision import Decision, go, refuse
from recovery.fencing import judge_fences
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.resume import keeps_drained
from tasks.raise_fences import prove_fences, raise_fences
from tasks.run import Run
from tasks.verb import verb

TIMEOUT = timedelta(minutes=3)


def look(run: Run) -> Decision:
    """A recovery without loss begins with the last write."""
    if not run.plan.drain:
        return refuse(
            "The plan does not say what drains the primary, so its last writes cannot be kept.",
            "Name a fence that still lets backups be read in the plan's drain, such as postgresql-fence/NAME.",
        )
    return go(f"Stopping writes at the primary by {' and '.join(run.plan.drain)}.", drain=list(run.plan.drain))


def still(run: Run, before: Outcome) -> Decision:
    """A fence that was raised behind the drain counts too: it may have cut off the way by which the drain is seen."""
    names = dict.fromkeys((*(run.plan.drain or ()), *run.plan.fence))
    proofs = prove_fences({name: run.block(name, Fence) for name in names})  # type: ignore[type-abstract]
    judged = judge_fences(proofs, None)
    return keeps_drained(run.earlier, before, judged.verdict == "done", judged.sentence)


@verb(
    "drain primary",
    look=look,
    still=still,
    timeout=TIMEOUT,
    retries=1,
    undo="Until the standby is promoted, a failure lowers it by itself; so does lifeboat abandon INCIDENT.",
)
def drain_primary(run: Run, seen: Decision) -> Outcome:
    """No glass is broken here: without proof that the last write was made, nothing is saved by going on."""
    fences = {name: run.block(name, Fence) for name in run.plan.drain or ()}  # type: ignore[type-abstract]
    judged = judge_fences(raise_fences(fences, TIMEOUT.total_seconds() - 10), None).or_refuse()
    return did(judged.sentence, **judged.facts, at=now().isoformat())
