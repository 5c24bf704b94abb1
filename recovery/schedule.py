"""Cron lines: whether they are sound, when they run, and how old the newest proved backup can get between two runs."""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

# Any year would do. A fixed one keeps a plan's verdict the same from one day to the next, and 400 days hold every
# change of clocks and the end of every month.
FIRST_DAY = date(2027, 1, 1)
DAYS = 400


class WorstAge(NamedTuple):
    """The longest loss the schedules allow: how old the newest verified backup is when the next one becomes usable.

    Args:
        age: that age.
        data_from: the backup that is the newest verified one by then.
        until: the moment before the next one has been verified.
    """

    age: timedelta
    data_from: datetime
    until: datetime


def parse_cron(line: str) -> str:
    """A cron line of five fields that Prefect's scheduler reads the same way.

    Raises:
        ValueError: it is none, or it can never run.
    """
    fields = line.split()
    if len(fields) != 5 or "W" in line.upper().replace("WED", ""):
        raise ValueError(f"{line!r} is not a cron line of five fields (minute hour day month weekday)")
    try:
        CronSim(line, datetime.combine(FIRST_DAY, time()))
    except CronSimError as error:
        raise ValueError(f"{line!r} is not a cron line: {str(error).lower()}") from error
    return " ".join(fields)


def parse_timezone(name: str) -> str:
    """Raises `ValueError` unless it is the name of a time zone, such as `Europe/Berlin`."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone") from error
    return name


@lru_cache(maxsize=32)
def runs(cron: str, timezone: str) -> tuple[float, ...]:
    """Every run within `DAYS` days of `FIRST_DAY`, as seconds since the epoch.

    The days and the times of day are asked for apart: all runs one by one would take a second for each schedule.
    """
    minute, hour, *day_fields = cron.split()
    zone, start = ZoneInfo(timezone), datetime.combine(FIRST_DAY, time())
    end = start + timedelta(days=DAYS)
    eve = start - timedelta(seconds=1)
    days = takewhile(lambda day: day < end, CronSim(f"0 0 {' '.join(day_fields)}", eve))
    next_day = start + timedelta(days=1)
    times = [moment - start for moment in takewhile(lambda at: at < next_day, CronSim(f"{minute} {hour} * * *", eve))]
    seconds = [moment.total_seconds() for moment in times]
    found: list[float] = []
    for day in days:
        midnight = day.replace(tzinfo=zone)
        if midnight.utcoffset() == (midnight + timedelta(days=1)).utcoffset():
            begins = midnight.timestamp()
            found.extend([begins + each for each in seconds])
        else:  # the clocks change on this day
            found.extend((midnight + moment).timestamp() for moment in times)
    return tuple(sorted(set(found)))


def worst_age(backup: str, verify: str, timezone: str, allowance: timedelta) -> WorstAge | None:
    """How much data the schedules put at risk, at worst.

    What is restored is the newest *verified* backup. A backup counts once it has been taken (`allowance`), a
    verification run has begun after that and has ended (`allowance` again). So the newest verified backup is oldest
    just before the next verification ends, and its age then is the worst loss.

    Args:
        backup, verify: cron lines.
        timezone: that both are read in.
        allowance: what one backup, and one verification, takes at most.

    Returns:
        None where no backup is ever verified within `DAYS` days.
    """
    taken, verified, lag = runs(backup, timezone), runs(verify, timezone), allowance.total_seconds()
    last = datetime.combine(FIRST_DAY, time(), ZoneInfo(timezone)) + timedelta(days=DAYS)
    worst: tuple[float, float, float] | None = None
    for begun, following in zip(verified, [*verified[1:], last.timestamp() - lag], strict=True):
        whole = bisect_right(taken, begun - lag)
        if whole:
            until = following + lag
            worst = max(worst or (0.0, 0.0, 0.0), (until - taken[whole - 1], -taken[whole - 1], until))
    if worst is None:
        return None
    age, minus_from, until = worst
    return WorstAge(timedelta(seconds=age), _utc(-minus_from), _utc(until))


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
