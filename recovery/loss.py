"""How much data was lost: measured from the newest acknowledged write that did not survive."""

from collections.abc import Sequence
from datetime import datetime

from recovery.model import Frozen

Write = tuple[str, datetime]


class Loss(Frozen):
    """Args:
    orders_before: acknowledged writes in all.
    orders_recovered: how many of them the recovered application still has.
    lost: the difference.
    newest_lost_at, newest_recovered_at: when the newest of each was acknowledged.
    rpo_seconds: how far the recovered data lies behind the newest lost write; 0 where nothing was lost.
    method: how it was measured.
    """

    orders_before: int
    orders_recovered: int
    lost: int
    newest_lost_at: datetime | None
    newest_recovered_at: datetime | None
    rpo_seconds: float
    method: str


def loss_by_witness(acknowledged: Sequence[Write], survivors: set[str], snapshot_at: datetime) -> Loss:
    """Exact: every acknowledged write is looked up in the recovered data.

    Args:
        acknowledged: identifier and moment of every write that somebody was told is safe, oldest first.
        survivors: the identifiers found in the recovered data.
        snapshot_at: when the restored backup was taken, which is where the window opens if nothing survived.
    """
    kept = [at for identifier, at in acknowledged if identifier in survivors]
    lost = [at for identifier, at in acknowledged if identifier not in survivors]
    newest_kept = max(kept, default=None)
    opened = newest_kept if newest_kept and newest_kept > snapshot_at else snapshot_at
    return Loss(
        orders_before=len(acknowledged),
        orders_recovered=len(kept),
        lost=len(lost),
        newest_lost_at=max(lost, default=None),
        newest_recovered_at=newest_kept,
        rpo_seconds=max(0.0, (max(lost) - opened).total_seconds()) if lost else 0.0,
        method="every write acknowledged to a customer was looked up in the recovered data",
    )


def loss_by_clock(snapshot_at: datetime, last_seen_healthy: datetime) -> Loss:
    """An upper bound, where there is no witness: all that may have been written since the snapshot."""
    return Loss(
        orders_before=0,
        orders_recovered=0,
        lost=0,
        newest_lost_at=None,
        newest_recovered_at=snapshot_at,
        rpo_seconds=max(0.0, (last_seen_healthy - snapshot_at).total_seconds()),
        method="no witness in the plan: the time from the backup's snapshot to the last sign of life",
    )


def loss_by_drain(snapshot_at: datetime) -> Loss:
    """Nothing: the data was copied after the last write, and the copy is equal to it.

    Args:
        snapshot_at: when it was copied, by a backup or to a replica.
    """
    return Loss(
        orders_before=0,
        orders_recovered=0,
        lost=0,
        newest_lost_at=None,
        newest_recovered_at=snapshot_at,
        rpo_seconds=0.0,
        method="nothing: the last write had been made when the data was copied, and the copy was proved equal to it",
    )
