"""Measures what was lost, before the standby takes its first write."""

from datetime import datetime, timedelta

import psycopg
from psycopg import sql

from blocks.witnesses.kind import Witness
from recovery import plan
from recovery.decision import Decision, done, go
from recovery.errors import Missing
from recovery.loss import Loss, loss_by_clock, loss_by_drain, loss_by_witness
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.resume import keeps_promoted
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, restored: list[Outcome], drained: Outcome | None) -> Decision:
    if not restored or all(outcome.state == "would" for outcome in restored):
        return done("Nothing is restored in a dry run, so there is no loss to measure.")
    if drained:
        return go("Nothing can be lost: writes had ended when the backup was taken.")
    how = run.plan.witness.block if run.plan.witness else "the clock, since the plan names no witness"
    return go(f"Measuring the loss by {how}.")


def still(run: Run, restored: list[Outcome], drained: Outcome | None, before: Outcome) -> Decision:
    """Once the standby takes writes, what the restored copy held can be measured no more."""
    return keeps_promoted(run.earlier, before)


@verb("measure data loss", look=look, still=still, timeout=timedelta(minutes=5), retries=1)
def measure_loss(run: Run, restored: list[Outcome], drained: Outcome | None, seen: Decision) -> Outcome:
    """Looks up every acknowledged write in the restored copy; without a witness, says the most that can be lost."""
    snapshot_at = min(datetime.fromisoformat(outcome.facts["taken_at"]) for outcome in restored)
    loss = loss_by_drain(snapshot_at) if drained else _measured(run, snapshot_at)
    run.journal.write("mark", "data loss", loss.method, **loss.model_dump(mode="json"))
    return did(
        f"{loss.lost} acknowledged writes lost, {loss.rpo_seconds:.1f} s of data.", **loss.model_dump(mode="json")
    )


def _measured(run: Run, snapshot_at: datetime) -> Loss:
    return _by_witness(run, run.plan.witness, snapshot_at) if run.plan.witness else _by_clock(run, snapshot_at)


def _by_clock(run: Run, snapshot_at: datetime) -> Loss:
    signs = [line for line in run.journal.lines if line.step in ("last seen healthy", "detected")]
    return loss_by_clock(snapshot_at, datetime.fromisoformat(signs[0].data["at"]) if signs else now())


def _by_witness(run: Run, named: plan.Witness, snapshot_at: datetime) -> Loss:
    acknowledged = run.block(named.block, Witness).acknowledged(now())  # type: ignore[type-abstract]
    dsn = run.source(run.plan.components[named.component].restore_to).staged_dsn()
    if dsn is None:
        raise Missing(f"{named.component} is no database that the witness could look into.")
    query = sql.SQL("select {column}::text from {table} where {column}::text = any(%s)").format(
        column=sql.Identifier(named.column), table=sql.Identifier(*named.table.split("."))
    )
    with psycopg.connect(dsn, connect_timeout=5, options="-c statement_timeout=60000") as connection:
        rows = connection.execute(query, ([identifier for identifier, _ in acknowledged],)).fetchall()
    return loss_by_witness(acknowledged, {row[0] for row in rows}, snapshot_at)
