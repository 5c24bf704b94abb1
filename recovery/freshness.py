"""Whether the newest backup is as new as the schedule promises.

Whoever removes the newest backups whole leaves older ones that pass every other check: only the clock tells.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

from recovery.choose import CLOCK_SKEW
from recovery.decision import Decision, done, refuse
from recovery.duration import say_duration

MOST_COUNTED = 1000
_REMEDY = "Look for backup runs that failed, and for whoever removed objects from the vault; then take a backup."


def newest_expected(newest: datetime | None, cron: str, timezone: str, now: datetime, allowance: timedelta) -> Decision:
    """Compares the newest backup with the newest that the schedule should have made by now.

    Args:
        newest: when the newest whole backup was taken, or None where there is none.
        cron: the schedule of backups, a line of five fields.
        timezone: that it is read in.
        now: the moment to judge at.
        allowance: how long after its scheduled moment a backup may still be under way.

    Returns:
        `done` where none is missing, else `refuse`. Facts: `newest` (ISO time or None) and `missing` (how many
        scheduled backups are not there; `MOST_COUNTED` stands for that many or more).
    """
    facts = {"newest": newest.isoformat() if newest else None}
    if newest and newest > now + CLOCK_SKEW:
        ahead = say_duration((newest - now).total_seconds())
        said = (
            f"The newest backup is dated {ahead} in the future: a clock is wrong, and what is missing cannot be told."
        )
        return refuse(said, "Set the clocks of this machine and of the one that takes backups.", **facts, missing=0)
    last, before = islice(_back_from(now - allowance, cron, timezone), 2)
    every = last - before
    often = f"though the schedule makes one every {say_duration(every.total_seconds())}"
    if newest is None:
        said = f"There is no whole backup {often}: backups were never made, are broken, or were removed."
        return refuse(said, _REMEDY, **facts, missing=1)
    # A backup is taken a moment after it was due, by a clock that may be a little behind.
    covered = newest + min(CLOCK_SKEW, every / 2)
    due = takewhile(lambda moment: moment > covered, _back_from(now - allowance, cron, timezone))
    missing = len([*islice(due, MOST_COUNTED)])
    if not missing:
        return done("The newest backup is as new as the schedule promises.", **facts, missing=0)
    age = say_duration((now - newest).total_seconds())
    said = f"The newest backup is {age} old {often}: {missing} backups are missing or were removed."
    return refuse(said, _REMEDY, **facts, missing=missing)


def _back_from(moment: datetime, cron: str, timezone: str) -> Iterator[datetime]:
    """Every scheduled moment up to this one, the latest first."""
    return CronSim(cron, (moment + timedelta(seconds=1)).astimezone(ZoneInfo(timezone)), reverse=True)
