"""Freshness of the newest record, by the sentence."""

from verification_fixtures import HOUR, NOON

from recovery.stale_data import say_stale


def test_only_what_is_older_than_the_objective_is_told() -> None:
    assert say_stale("database", None, NOON, HOUR) is None
    assert say_stale("database", NOON - HOUR, NOON, HOUR) is None
    told = say_stale("database", NOON - 3 * HOUR, NOON, HOUR)
    assert told is not None
    assert told.startswith("database: the newest record was 3 h 00 min old when the backup was taken, more than the")
