"""Frees a replica from its primary, so that a backup can be restored to its server."""

from datetime import timedelta

from blocks.replicas.kind import Replica
from recovery.decision import Decision
from recovery.fencing import may_promote
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, component: str, fence: Outcome) -> Decision:
    """Only a proved fence lets a second copy take writes."""
    if fence.state == "would":
        return may_promote(True, "a real run proves the fence first", None)
    return may_promote(bool(fence.facts.get("proved")), fence.sentence, run.break_glass)


@verb(
    "free replica {component}",
    look=look,
    timeout=timedelta(minutes=5),
    retries=2,
    undo="It follows its primary no more: create it anew (docs/strategies.md).",
)
def free_replica(run: Run, component: str, fence: Outcome, seen: Decision) -> Outcome:
    """A server that follows another takes no writes, so none can be restored to it either."""
    replica = run.block(str(run.plan.components[component].replica), Replica)  # type: ignore[type-abstract]
    replica.promote()
    return did(f"{replica.address} follows its primary no more, and takes the restore of {component}.")
