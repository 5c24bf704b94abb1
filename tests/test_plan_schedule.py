"""Schedules: how old the newest verified backup can get, and that Prefect runs cron lines as we read them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from prefect.server.schemas.schedules import CronSchedule

from recovery.schedule import parse_cron, parse_timezone, runs, worst_age

MINUTES = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("backup", "verify", "allowance", "age"),
    [
        # At 00:30 the newest whole backup is that of 00:15. It stays the newest verified one until 01:05.
        ("*/15 * * * *", "*/30 * * * *", 5, 50),
        # Backup at 02:00, proved from 03:00 to 03:05; the next is proved at 03:05 of the next day.
        ("0 2 * * *", "0 3 * * *", 5, 25 * 60 + 5),
        # The verification begins before the backup is whole: it proves the day before's.
        ("0 2 * * *", "4 2 * * *", 5, 48 * 60 + 9),
        # Verified once a week: what counts is the verified one, however many backups there are.
        ("*/5 * * * *", "0 0 * * 1", 5, 7 * 24 * 60 + 10),
        # A gap within the month.
        ("0 * 1-20 * *", "30 * * * *", 5, (11 * 24 + 1) * 60 + 35),
    ],
)
def test_the_worst_age_is_that_of_the_newest_verified_backup(
    backup: str, verify: str, allowance: int, age: int
) -> None:
    worst = worst_age(backup, verify, "UTC", allowance * MINUTES)
    assert worst is not None
    assert worst.age == age * MINUTES
    assert worst.until - worst.data_from == worst.age


def test_a_backup_that_is_never_verified_counts_for_nothing() -> None:
    assert worst_age("0 0 29 2 *", "0 * * * *", "UTC", MINUTES) is None


def test_one_verification_in_all_that_time_leaves_its_backup_ageing() -> None:
    worst = worst_age("0 0 1 1 *", "30 0 1 1 *", "UTC", MINUTES)
    assert worst is not None and worst.age >= timedelta(days=365)


def test_clocks_set_back_leave_an_hour_without_backups() -> None:
    worst = worst_age("*/15 * * * *", "*/15 * * * *", "Europe/Berlin", MINUTES)
    assert worst is not None and worst.until.date().isoformat() == "2027-10-31"
    assert worst.age == (75 + 15 + 1) * MINUTES


@pytest.mark.parametrize("line", ["*/15 * * * *", "30 2 * * 1-5", "0 */6 1,15 * *", "5 4 * mar-oct sun", "0 0 * * 7"])
@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_prefect_runs_the_line_at_the_same_moments(line: str, timezone: str) -> None:
    start = datetime(2027, 10, 29, tzinfo=UTC)
    theirs = asyncio.run(CronSchedule(cron=line, timezone=timezone).get_dates(n=300, start=start))
    end = theirs[-1].timestamp()
    ours = [at for at in runs(parse_cron(line), timezone) if start.timestamp() <= at <= end]
    assert ours == [at.timestamp() for at in theirs if at.timestamp() <= max(ours)]


@pytest.mark.parametrize(
    "line", ["", "* * * *", "* * * * * *", "@hourly", "60 * * * *", "0 0 LW * *", "R * * * *", "x y z a b"]
)
def test_lines_that_are_no_cron_lines(line: str) -> None:
    with pytest.raises(ValueError, match="is not a cron line"):
        parse_cron(line)


@pytest.mark.parametrize("name", ["", "Mars/Base", "../../etc/passwd", "Europe", "/etc/localtime"])
def test_names_that_are_no_time_zones(name: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        parse_timezone(name)
