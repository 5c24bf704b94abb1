"""Whether the newest business record in a backup is as new as the recovery point objective wants."""

from datetime import datetime, timedelta

from recovery.duration import say_duration


def say_stale(component: str, newest: datetime | None, taken_at: datetime, rpo: timedelta) -> str | None:
    """A warning where it is not. It speaks against no backup: a business may simply have been quiet.

    Args:
        component: its name.
        newest: the newest business record, or None where the source cannot tell.
        taken_at: the moment of the backup's snapshot.
        rpo: the recovery point objective.
    """
    if newest is None or taken_at - newest <= rpo:
        return None
    age = say_duration((taken_at - newest).total_seconds())
    return (
        f"{component}: the newest record was {age} old when the backup was taken, more than the objective of "
        f"{say_duration(rpo.total_seconds())}: nothing was written, or a stale replica was backed up."
    )
