"""Backups that their own provider keeps: what is decided about them. Pure."""

from datetime import UTC, datetime, timedelta

import pytest

from recovery.places import moment_of, new_incident
from recovery.retention import Rules
from recovery.snapshots import SnapshotRecord, choose_to_prove, decide_expiry, newest_record, say_standing
from recovery.verification import Depth

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def record(
    reference: str = "snap-1", depth: Depth = "proved equal", problems: tuple[str, ...] = (), hour: int = 1
) -> SnapshotRecord:
    return SnapshotRecord(
        application="shop",
        snapshot="cluster",
        name="20260301T000000Z-0001",
        reference=reference,
        place="eu-west-1",
        taken_at=NOW,
        at=NOW.replace(hour=hour),
        seconds=90,
        depth=depth,
        sentence="Compared.",
        problems=problems,
    )


@pytest.mark.parametrize(("depth", "counts"), [("checksummed", False), ("restored", True), ("proved equal", True)])
def test_a_backup_counts_once_it_was_restored(depth: Depth, counts: bool) -> None:
    assert record(depth=depth).counts is counts
    assert not record(depth=depth, problems=("A row differs.",)).counts


def test_the_last_record_of_a_reference_counts() -> None:
    found = [record(hour=3, problems=("Torn.",)), record(hour=2), record("snap-2", hour=4)]
    assert newest_record(found, "snap-1") == found[0]
    assert newest_record(found, "snap-3") is None


def test_what_is_proved_next() -> None:
    newest = ("20260301T000000Z-0001", "snap-1")
    none = choose_to_prove("cluster", None, [])
    assert (none.verdict, none.sentence) == ("refuse", "There is no backup of cluster at all.")
    fresh = choose_to_prove("cluster", newest, [record("snap-0")])
    said = "Restoring the newest backup of cluster, 20260301T000000Z-0001, beside what is live."
    assert (fresh.verdict, fresh.sentence) == ("go", said)
    known = choose_to_prove("cluster", newest, [record()])
    said = "The newest backup of cluster, 20260301T000000Z-0001, was proved equal at 2026-03-01 01:00 UTC."
    assert (known.verdict, known.sentence) == ("done", said)
    failed = choose_to_prove("cluster", newest, [record(), record(hour=2, problems=("A row differs.",))])
    assert failed.verdict == "go"
    assert failed.sentence.endswith("beside what is live, which failed before: A row differs..")


def test_expiry_keeps_the_newest_and_the_newest_proved() -> None:
    rules = Rules(last=1, daily=0, weekly=0, monthly=0, yearly=0, at_least=timedelta(hours=1))
    taken = {f"b{day}": NOW - timedelta(days=day) for day in range(1, 5)}
    keeping, said = decide_expiry(taken, {"b3"}, rules, NOW)
    assert keeping == ("b1", "b3")
    assert said == (
        "b1 stays: it is the newest.",
        "b2 goes: no rule keeps it.",
        "b3 stays: it is the newest that was proved.",
        "b4 goes: no rule keeps it.",
    )


def test_the_line_for_the_page() -> None:
    at = NOW + timedelta(hours=2)
    assert say_standing("cluster", [], at) == "cluster: no backup was ever looked into"
    said = "cluster: 20260301T000000Z-0001 in eu-west-1, 2 h 00 min old,"
    assert say_standing("cluster", [record()], at) == f"{said} was proved equal in 1 min 30 s"
    torn = record(problems=("A row differs.",), hour=2)
    assert say_standing("cluster", [torn, record()], at) == f"{said} is not to be relied on: A row differs."


def test_a_run_names_what_it_makes_by_its_moment() -> None:
    incident = new_incident("backup", "my-shop")
    assert incident == f"my-shop-backup-{moment_of(incident)}"
