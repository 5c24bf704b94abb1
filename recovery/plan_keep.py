"""Which backups a plan keeps."""

from datetime import timedelta

from pydantic import Field

from recovery.model import Frozen
from recovery.plan_types import BlockReference, Duration


class Keep(Frozen):
    """Which backups stay; all others may be removed.

    Args:
        last: the newest so many.
        daily, weekly, monthly, yearly: the newest of each of the newest so many days, weeks, months and years.
        at_least: nothing younger than this is removed.
    """

    last: int = Field(default=8, ge=1)
    daily: int = Field(default=7, ge=0)
    weekly: int = Field(default=4, ge=0)
    monthly: int = Field(default=12, ge=0)
    yearly: int = Field(default=2, ge=0)
    at_least: Duration = timedelta(days=3)


class SnapshotPolicy(Frozen):
    """Backups of one thing that its own provider takes and keeps: a snapshot, a copy of a bucket, a repository.

    Args:
        of: the block that takes them while the primary site is live.
        at_standby: the block that takes them while the standby is live, or None: then that is refused, and said.
        keep: which of them stay; without it none is ever removed.
        prove: whether the newest is restored beside the live thing and read when backups are verified. That may cost
            money: a cloud's database runs meanwhile.
    """

    of: BlockReference
    at_standby: BlockReference | None = None
    keep: Keep | None = None
    prove: bool = True
