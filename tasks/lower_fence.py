"""Lowers the fence: the primary takes writes again."""

from datetime import timedelta

from blocks.chat.kind import Message
from blocks.fences.kind import Fence
from recovery.decision import Decision
from recovery.outcome import Outcome, did
from recovery.resume import Earlier, may_abandon
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    """Only as long as no second copy of the data takes writes."""
    return may_abandon(Earlier((*run.earlier.lines, *run.journal.lines)))


@verb("lower fence", look=look, timeout=timedelta(minutes=2), retries=2, delay=1)
def lower_fence(run: Run, seen: Decision) -> Outcome:
    """Gives back what raising it took; where it does not stand, nothing is done."""
    for name in dict.fromkeys((*run.plan.fence, *(run.plan.drain or ()))):
        run.block(name, Fence).lower()  # type: ignore[type-abstract]
    title = f"The failover of {run.plan.application} is abandoned"
    run.tell(Message(incident=run.incident, kind="note", title=title, lines=("The primary takes writes again.",)))
    return did("The fence is lowered: the primary takes writes again.")
