"""Makes the restored copies the live data of the standby. Demands the fence's proof."""

from datetime import timedelta

from recovery.decision import Decision
from recovery.fencing import may_promote
from recovery.outcome import Outcome, did
from recovery.resume import keeps
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, fence: Outcome) -> Decision:
    """Only a proved fence lets a second copy take writes."""
    if fence.state == "would":
        return may_promote(True, "a real run proves the fence first", None)
    return may_promote(bool(fence.facts.get("proved")), fence.sentence, run.break_glass)


def still(run: Run, fence: Outcome, before: Outcome) -> Decision:
    """The restored copies are swapped in once: the standby's data may have been written to since."""
    return keeps(before)


@verb(
    "promote standby",
    look=look,
    still=still,
    timeout=timedelta(minutes=5),
    retries=2,
    undo="Not any more: the standby takes writes from here on. Go forward, and fail back later.",
)
def promote_standby(run: Run, fence: Outcome, seen: Decision) -> Outcome:
    """Swaps every restored copy in, each at once; what was there before is kept beside it."""
    for part in run.plan.components.values():
        run.source(part.restore_to).activate()
    names = ", ".join(run.plan.components)
    return did(f"Restored copies are live at the standby: {names}.", components=list(run.plan.components))
