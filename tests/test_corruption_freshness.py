"""Backups that were removed whole, and backups of the wrong place: what nothing in a backup itself can tell."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.freshness import MOST_COUNTED, newest_expected

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ALLOWANCE = timedelta(minutes=15)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("age", "cron", "missing"),
    [
        (10 * MINUTE, "0 * * * *", 0),
        # The one of 12:00 may still be under way.
        (59 * MINUTE, "0 * * * *", 0),
        (61 * MINUTE, "0 * * * *", 0),  # by a clock that is a minute behind, that of 11:00
        (70 * MINUTE, "0 * * * *", 1),
        (3 * DAY, "0 * * * *", 71),
        (9 * HOUR, "0 3 * * *", 0),
        (10 * HOUR, "0 3 * * *", 1),
        (400 * DAY, "*/5 * * * *", MOST_COUNTED),
        (3 * DAY + 12 * HOUR, "0 0 * * 6", 0),  # 24 November is a Tuesday; Saturday's is the newest
        (4 * DAY, "0 0 * * 6", 1),
    ],
)
def test_what_the_schedule_should_have_made_is_missed(age: timedelta, cron: str, missing: int) -> None:
    found = newest_expected(NOW - age, cron, "UTC", NOW, ALLOWANCE)
    assert found.facts["missing"] == missing
    assert found.verdict == ("refuse" if missing else "done")
    assert bool(found.remedy) == bool(missing)


def test_the_sentence_says_how_old_and_how_often() -> None:
    found = newest_expected(NOW - 3 * DAY, "0 * * * *", "UTC", NOW, ALLOWANCE)
    words = (
        "The newest backup is 72 h 00 min old though the schedule makes one every 1 h 00 min: 71 backups are missing"
    )
    assert found.sentence == f"{words} or were removed."


def test_none_at_all_and_one_of_the_future_are_said() -> None:
    nothing = newest_expected(None, "0 * * * *", "UTC", NOW, ALLOWANCE)
    assert "There is no whole backup though the schedule makes one every 1 h 00 min" in nothing.sentence
    assert nothing.verdict == "refuse"
    future = newest_expected(NOW + DAY, "0 * * * *", "UTC", NOW, ALLOWANCE)
    assert "dated 24 h 00 min in the future: a clock is wrong" in future.sentence
    assert future.verdict == "refuse"


def test_the_schedule_is_read_in_its_zone() -> None:
    newest = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # the run of 03:00 in Tokyo was at 18:00 UTC
    assert newest_expected(newest, "0 3 * * *", "Asia/Tokyo", NOW - 17 * HOUR, ALLOWANCE).verdict == "refuse"
    assert newest_expected(newest, "0 3 * * *", "UTC", NOW - 17 * HOUR, ALLOWANCE).verdict == "done"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 30 * 24 * 60), st.sampled_from(["7 * * * *", "0 3 * * *", "30 2 * * 1-5"]))
def test_waiting_never_makes_it_better(minutes: int, cron: str) -> None:
    """In Berlin, over a change of clocks too."""
    start = datetime(2026, 10, 20, tzinfo=UTC)
    soon = newest_expected(start, cron, "Europe/Berlin", start + minutes * MINUTE, ALLOWANCE)
    later = newest_expected(start, cron, "Europe/Berlin", start + (minutes + 60) * MINUTE, ALLOWANCE)
    assert soon.facts["missing"] <= later.facts["missing"]
