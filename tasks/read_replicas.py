"""Reads where the replicas stand, before anything is touched."""

from datetime import timedelta

from blocks.replicas.kind import Replica
from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from recovery.replication import decide_follow
from recovery.resume import keeps, keeps_promoted
from tasks.run import Run
from tasks.verb import verb

NONE = Outcome(sentence="")


async def read_replicas(run: Run) -> Outcome:
    """Where each replica stands; an empty sentence where no component has one."""
    if not any(part.replica for part in run.plan.components.values()):
        return NONE
    return await look_at_replicas(run)


def follow(run: Run, component: str) -> Decision:
    """Whether the replica of a component can take over."""
    part = run.plan.components[component]
    replica = run.block(str(part.replica), Replica)  # type: ignore[type-abstract]
    return decide_follow(component, replica.read(), run.source(part.source).address, replica.address)


def look(run: Run) -> Decision:
    """Refuses at the first that cannot take over."""
    seen = {name: follow(run, name) for name, part in run.plan.components.items() if part.replica}
    if bad := next((each for each in seen.values() if each.verdict == "refuse"), None):
        return bad
    facts = {name: each.facts["replayed"] for name, each in seen.items()}
    return go(" ".join(each.sentence for each in seen.values()), replicas=facts)


def still(run: Run, before: Outcome) -> Decision:
    """One that was freed to be restored to, or promoted, follows nobody any more."""
    freed = any(run.earlier.begun(f"free replica {name}") for name in run.plan.components)
    return keeps(before) if freed else keeps_promoted(run.earlier, before)


@verb("read replicas", look=look, still=still, timeout=timedelta(minutes=1), retries=2, delay=1, reads=True)
def look_at_replicas(run: Run, seen: Decision) -> Outcome:
    """Nothing is fenced before this: a replica that cannot be promoted would leave no site on."""
    return did(seen.sentence, **seen.facts)
