"""How much would be lost by going on with a copy of the data, asked of that copy itself."""

from datetime import datetime

import psycopg
from psycopg import sql

from blocks.witnesses.kind import Witness
from recovery import plan
from recovery.errors import Missing
from recovery.loss import Loss, loss_by_clock, loss_by_witness
from recovery.model import now
from tasks.run import Run


def by_clock(run: Run, snapshot_at: datetime) -> Loss:
    """The most that can be lost: all since the copy's moment, up to the last sign of life."""
    signs = [line for line in run.journal.lines if line.step in ("last seen healthy", "detected")]
    return loss_by_clock(snapshot_at, datetime.fromisoformat(signs[0].data["at"]) if signs else now())


def by_witness(run: Run, named: plan.Witness, dsn: str | None, snapshot_at: datetime) -> Loss:
    """Looks up every acknowledged write.

    Args:
        named: of the plan.
        dsn: where the copy is, as libpq is told; None where it is no database.
        snapshot_at: the copy's moment.
    """
    acknowledged = run.block(named.block, Witness).acknowledged(now())  # type: ignore[type-abstract]
    if dsn is None:
        raise Missing(f"{named.component} is no database that the witness could look into.")
    query = sql.SQL("select {column}::text from {table} where {column}::text = any(%s)").format(
        column=sql.Identifier(named.column), table=sql.Identifier(*named.table.split("."))
    )
    with psycopg.connect(dsn, connect_timeout=5, options="-c statement_timeout=60000") as connection:
        rows = connection.execute(query, ([identifier for identifier, _ in acknowledged],)).fetchall()
    return loss_by_witness(acknowledged, {row[0] for row in rows}, snapshot_at)
