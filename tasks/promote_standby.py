"""Makes the restored copies and the replicas the live data of the standby. Demands the fence's proof."""

from datetime import timedelta

from blocks.replicas.kind import Replica
from recovery.decision import Decision
from recovery.errors import RecoveryError
from recovery.fencing import may_promote
from recovery.outcome import Outcome, did
from recovery.replication import judge_promotion, promoted
from recovery.resume import keeps
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, fence: Outcome, recovered: list[Outcome]) -> Decision:
    """Only a proved fence lets a second copy take writes."""
    if fence.state == "would":
        return may_promote(True, "a real run proves the fence first", None)
    return may_promote(bool(fence.facts.get("proved")), fence.sentence, run.break_glass)


def still(run: Run, fence: Outcome, recovered: list[Outcome], before: Outcome) -> Decision:
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
def promote_standby(run: Run, fence: Outcome, recovered: list[Outcome], seen: Decision) -> Outcome:
    """Swaps every restored copy in, each at once; what was there before is kept beside it. Replicas are promoted."""
    replicas: dict[str, str] = {}
    for name, part in run.plan.components.items():
        if caught := promoted(recovered, name):
            replicas[name] = _promote(run, name, caught)
        else:
            run.source(part.restore_to).activate()
    names = ", ".join(name for name in run.plan.components if name not in replicas)
    said = [f"Restored copies are live at the standby: {names}."] if names else []
    said += [f"The replica of {name} is promoted. {sentence}" for name, sentence in replicas.items()]
    return did(" ".join(said), components=list(run.plan.components), replicas=replicas)


def _promote(run: Run, component: str, caught: Outcome) -> str:
    """Promotes it, or finds that it was; either way it must be what a promotion makes of it."""
    replica = run.block(str(run.plan.components[component].replica), Replica)  # type: ignore[type-abstract]
    replica.promote()
    judged = judge_promotion(int(caught.facts["timeline"]), replica.read(), replica.try_to_write())
    if judged.verdict == "refuse":
        raise RecoveryError(
            f"The replica of {component} was promoted, and is not as it should be. {judged.sentence}",
            changed="It may take writes. DNS was not swapped: users are still sent where they were before.",
            remedy=judged.remedy,
        )
    return judged.sentence
