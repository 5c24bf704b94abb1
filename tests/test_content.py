"""What a proof says, by the sentence it gives."""

from datetime import UTC, datetime

import pytest

from recovery.content import MOST, Content, Item, prove

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def item(count: int = 1, digest: str = "a", method: str = "m") -> Item:
    return Item(count=count, digest=digest, method=method)


def content(**changes: object) -> Content:
    fields = {"kind": "postgresql", "origin": "1/shop", "taken_at": NOON, "items": {"t": item()}, "traits": {"x": "1"}}
    return Content.model_validate(fields | {"ranges": {"sequence s": (4, 9)}} | changes)


def test_equal_is_said_with_its_count() -> None:
    proof = prove(content(), content(origin="2/back", ranges={"sequence s": (5, 5)}, tools={"pg_dump": "99"}))
    assert proof.equal
    assert proof.sentence == "Equal to its source: 3 fingerprints match."


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"items": {}}, "table t is missing"),
        ({"items": {"t": item(), "u": item()}}, "table u is extra"),
        ({"items": {"t": item(count=2)}}, "table t has 2 rows, not 1"),
        ({"items": {"t": item(digest="b")}}, "table t has the right number of rows but other content"),
        ({"items": {"t": item(method="n")}}, "table t was fingerprinted by n, not by m"),
        ({"traits": {}}, "x is missing"),
        ({"traits": {"x": "1", "y": "2"}}, "y is extra"),
        ({"traits": {"x": "2"}}, "x is 2, not 1"),
        ({"traits": {"x": "2" * 64}}, "x differs"),
        ({"ranges": {}}, "sequence s is missing"),
        ({"ranges": {"sequence s": (5, 5), "sequence z": (1, 1)}}, "sequence z is extra"),
        ({"ranges": {"sequence s": (3, 3)}}, "sequence s stands at 3, not between 4 and 9"),
        ({"ranges": {"sequence s": (10, 10)}}, "sequence s stands at 10, not between 4 and 9"),
        ({"kind": "files"}, "a postgresql backup was compared with files"),
    ],
)
def test_every_difference_is_named(changes: dict[str, object], difference: str) -> None:
    proof = prove(content(), content(**changes))
    assert not proof.equal
    assert proof.differences == (difference,)
    assert proof.sentence == f"NOT equal to its source: {difference}."


def test_many_differences_are_cut_short() -> None:
    proof = prove(content(items={}), content(items={f"t{number:02}": item() for number in range(MOST + 5)}))
    assert len(proof.differences) == MOST + 1
    assert proof.differences[-1] == "and 5 more"
