"""Measures what was lost, before the standby takes its first write."""

from datetime import datetime, timedelta

from blocks.replicas.kind import Replica
from recovery.decision import Decision, done, go
from recovery.loss import Loss, loss_by_drain
from recovery.outcome import Outcome, did
from recovery.replication import promoted
from recovery.resume import keeps_promoted
from tasks.lost_writes import by_clock, by_witness
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, restored: list[Outcome], drained: Outcome | None) -> Decision:
    if not restored or all(outcome.state == "would" for outcome in restored):
        return done("Nothing is restored in a dry run, so there is no loss to measure.")
    if drained:
        return go("Nothing can be lost: writes had ended when the data was copied.")
    how = run.plan.witness.block if run.plan.witness else "the clock, since the plan names no witness"
    return go(f"Measuring the loss by {how}.")


def still(run: Run, restored: list[Outcome], drained: Outcome | None, before: Outcome) -> Decision:
    """Once the standby takes writes, what the restored copy held can be measured no more."""
    return keeps_promoted(run.earlier, before)


@verb("measure data loss", look=look, still=still, timeout=timedelta(minutes=5), retries=1)
def measure_loss(run: Run, restored: list[Outcome], drained: Outcome | None, seen: Decision) -> Outcome:
    """Looks up every acknowledged write in the restored copy; without a witness, says the most that can be lost."""
    snapshot_at = min(datetime.fromisoformat(outcome.facts["taken_at"]) for outcome in restored)
    loss = loss_by_drain(snapshot_at) if drained else _measured(run, restored, snapshot_at)
    run.journal.write("mark", "data loss", loss.method, **loss.model_dump(mode="json"))
    return did(
        f"{loss.lost} acknowledged writes lost, {loss.rpo_seconds:.1f} s of data.", **loss.model_dump(mode="json")
    )


def _measured(run: Run, restored: list[Outcome], snapshot_at: datetime) -> Loss:
    named = run.plan.witness
    if named is None:
        return by_clock(run, snapshot_at)
    return by_witness(run, named, _dsn(run, named.component, restored), snapshot_at)


def _dsn(run: Run, component: str, restored: list[Outcome]) -> str | None:
    """Where the data is that is about to become live: in the replica, or in what was restored."""
    part = run.plan.components[component]
    if part.replica and promoted(restored, component):
        return run.block(part.replica, Replica).dsn()  # type: ignore[type-abstract]
    return run.source(part.restore_to).staged_dsn()
