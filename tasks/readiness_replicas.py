"""Whether the replicas of an application could be promoted now."""

from blocks.replicas.kind import Replica
from recovery.readiness import Check
from recovery.replication import decide_follow
from tasks.run import Run


def replicas(run: Run) -> Check:
    """Whether each could be promoted now, and how far it lies behind by the clock; nobody is told to hurry."""
    said: list[str] = []
    for name, part in run.plan.components.items():
        if part.replica:
            replica = run.block(part.replica, Replica)  # type: ignore[type-abstract]
            state = replica.read()
            follows = decide_follow(name, state, run.source(part.source).address, replica.address)
            if follows.verdict == "refuse":
                return Check(name="replicas", state="not ready", sentence=follows.sentence, remedy=follows.remedy)
            said.append(follows.sentence)
            if not state.streaming:
                remedy = "See why it is not connected: from here on it falls behind."
                return Check(name="replicas", state="warning", sentence=follows.sentence, remedy=remedy)
    return Check(name="replicas", state="ready", sentence=" ".join(said) or "No component has a replica.")
