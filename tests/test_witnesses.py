"""The order log: which writes were acknowledged, and none too few."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from blocks.witnesses.order_log import OrderLogWitness
from recovery.errors import Missing, NotProved

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def line(number: int, at: datetime, **more: object) -> str:
    return json.dumps({"id": f"order-{number}", "at": at.isoformat(), **more}) + "\n"


def witness(tmp_path: Path, text: str) -> OrderLogWitness:
    path = tmp_path / "orders.jsonl"
    path.write_bytes(text.encode())
    return OrderLogWitness(path=path)


def seconds(number: int) -> timedelta:
    return timedelta(seconds=number)


def test_writes_before_the_moment_come_oldest_first(tmp_path: Path) -> None:
    text = (
        line(2, NOON + seconds(2), customer="c", quantity=3) + line(1, NOON + seconds(1)) + line(3, NOON + seconds(3))
    )
    found = witness(tmp_path, text).acknowledged(NOON + seconds(3))
    assert found == [("order-1", NOON + seconds(1)), ("order-2", NOON + seconds(2))]


def test_other_time_zones_are_compared_as_moments(tmp_path: Path) -> None:
    text = '{"id": 7, "at": "2026-11-24T13:30:00+02:00"}\n{"id": 8, "at": "2026-11-24T11:45:00Z"}\n'
    found = witness(tmp_path, text).acknowledged(NOON)
    assert [identifier for identifier, _ in found] == ["7", "8"]


def test_a_line_that_was_still_being_written_is_passed_over(tmp_path: Path) -> None:
    whole = line(1, NOON)
    for cut in range(1, len(whole)):
        found = witness(tmp_path, whole + line(2, NOON)[:cut]).acknowledged(NOON + seconds(9))
        assert len(found) == (2 if cut == len(whole) else 1)


@pytest.mark.parametrize(
    "bad", ["{torn", "[]", "7", '{"id": 1}', '{"at": "x", "id": 1}', '{"at": 5, "id": 1}', "\u0000"]
)
def test_any_other_line_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path, bad: str) -> None:
    with pytest.raises(NotProved, match="Line 2 of the order log"):
        witness(tmp_path, line(1, NOON) + bad + "\n" + line(3, NOON)).acknowledged(NOON)


def test_an_empty_log_knows_no_writes_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    assert witness(tmp_path, "").acknowledged(NOON) == []
    with pytest.raises(Missing, match="cannot be read"):
        OrderLogWitness(path=tmp_path / "none").acknowledged(NOON)


def test_reading_changes_nothing(tmp_path: Path) -> None:
    log = witness(tmp_path, line(1, NOON) + "{to")
    before = log.path.read_bytes()
    assert log.acknowledged(NOON + seconds(1)) == log.acknowledged(NOON + seconds(1))
    assert log.path.read_bytes() == before
