"""Has a replica replay all it can, measures how far it lies behind, and decides whether it is to be promoted."""

import time
from datetime import UTC, datetime, timedelta

from blocks.replicas.kind import Replica, ReplicaState
from recovery.decision import Decision
from recovery.errors import NotProved, RecoveryError, Unreachable
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.replica_state import Lag
from recovery.replication import decide_lag, decide_replayed
from recovery.resume import keeps_promoted
from tasks.lost_writes import by_clock, by_witness
from tasks.read_replicas import follow
from tasks.run import Run
from tasks.verb import verb

EVERY = 0.2  # seconds between two looks at the replica
UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)


def look(run: Run, component: str, backup: Outcome | None, drained: Outcome | None) -> Decision:
    """It is looked at again: minutes may have gone by since the approval was asked for."""
    return follow(run, component)


def still(run: Run, component: str, backup: Outcome | None, drained: Outcome | None, before: Outcome) -> Decision:
    """Until the promotion it may have more to replay, and the primary may have been drained anew."""
    return keeps_promoted(run.earlier, before)


@verb(
    "catch up {component}",
    look=look,
    still=still,
    timeout=timedelta(hours=2),
    retries=1,
    undo="Nothing to undo: the replica goes on following its primary until it is promoted.",
)
def catch_up(run: Run, component: str, backup: Outcome | None, drained: Outcome | None, seen: Decision) -> Outcome:
    """Demands the fence before, or the drain: what is written to the primary from here on would be lost."""
    part = run.plan.components[component]
    replica = run.block(str(part.replica), Replica)  # type: ignore[type-abstract]
    replica.hurry()
    until = _end(run, component, replica, drained)
    state, said = _replay(run, replica, until)
    lag = _nothing(run, component, replica) if drained else _lag(run, component, replica, state, until)
    taken_at = str(backup.facts["taken_at"]) if backup and backup.facts.get("taken_at") else None
    decision = decide_lag(
        lag,
        run.plan.objectives.rpo,
        run.plan.replication.beyond_rpo,
        state.newest,
        datetime.fromisoformat(taken_at) if taken_at else None,
        run.break_glass,
    ).or_refuse()
    newest = now() if lag.seconds == 0 and until else state.newest or UNKNOWN
    facts = {"part": component, "until": until, "lag_seconds": lag.seconds, "proved": bool(drained), **decision.facts}
    stands = state.model_dump(mode="json", include={"received", "replayed", "timeline"})
    return did(f"{component}: {said} {decision.sentence}", **facts, **stands, taken_at=newest.isoformat())


def _end(run: Run, component: str, replica: Replica, drained: Outcome | None) -> str | None:
    """Where the primary's log ends. It must be known of one that was drained; of a dead one it cannot be."""
    if not drained and not replica.read().streaming:
        return None
    try:
        return replica.end_of(run.source(run.plan.components[component].source))
    except Unreachable:
        if drained:
            raise
        return None


def _replay(run: Run, replica: Replica, until: str | None) -> tuple[ReplicaState, str]:
    within = run.plan.replication.catch_up.total_seconds()
    deadline = time.monotonic() + within
    while (decision := decide_replayed(state := replica.read(), until)).verdict != "done":
        if time.monotonic() > deadline:
            raise RecoveryError(
                f"The replica did not catch up within {within:g} s. {decision.sentence}",
                changed="It was not promoted.",
                remedy=decision.remedy,
            )
        time.sleep(EVERY)
    return state, decision.sentence


def _nothing(run: Run, component: str, replica: Replica) -> Lag:
    """Shows that it holds all that the drained primary holds: by the witness, else by the fingerprints of both."""
    named, source = run.plan.witness, run.source(run.plan.components[component].source)
    if named and named.component == component:
        loss = by_witness(run, named, replica.dsn(), now())
        equal, said = loss.lost == 0, f"all {loss.orders_before} acknowledged writes are in it"
        differs = f"{loss.lost} of {loss.orders_before} acknowledged writes are not in it"
    else:
        proof = replica.compare(source)
        equal, said, differs = proof.equal, f"{proof.checked} fingerprints match the primary's", proof.sentence
    if not equal:
        raise NotProved(
            f"The replica of {component} has replayed the primary's whole log, but {differs.rstrip('.')}.",
            changed="It was not promoted.",
            remedy="Somebody still writes to the primary, or this replica follows another server: find out which.",
        )
    return Lag(seconds=0, method=said)


def _lag(run: Run, component: str, replica: Replica, state: ReplicaState, until: str | None) -> Lag:
    if until:
        return Lag(seconds=0, method="it has all that the primary's log held when it was asked, after the fence")
    named = run.plan.witness
    if named and named.component == component:
        loss = by_witness(run, named, replica.dsn(), state.newest or UNKNOWN)
        method = f"{loss.lost} of {loss.orders_before} acknowledged writes are not in it"
        return Lag(seconds=loss.rpo_seconds, method=method)
    if state.newest is None:
        return Lag(seconds=None, method="it has replayed no transaction since it was started")
    return Lag(
        seconds=by_clock(run, state.newest).rpo_seconds,
        method="at most: from the newest commit that it has to the last sign of life",
    )
