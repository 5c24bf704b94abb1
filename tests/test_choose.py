"""Which backup is restored, by the sentence that says why."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from recovery.choose import BackupSummary, choose_backup, may_restore
from recovery.manifest import Manifest
from recovery.part import BackupId, Part, new_backup_id
from recovery.sealing import Sealed
from recovery.verification import DEPTHS, Verification

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def manifest(hours_old: float) -> Manifest:
    at, nothing = NOON - hours_old * HOUR, Sealed(chunks=(), size=0, digest="")
    part = Part(name="db", kind="files", origin="o", taken_at=at, archive=nothing, content=nothing, items=0, total=0)
    return Manifest(
        backup=f"{at:%Y%m%dT%H%M%SZ}-000000",
        application="shop",
        taken_at=at,
        finished_at=at,
        prefix="data/",
        recipient="age1",
        key="data/key.age",
        recipients=("age1",),
        parts=(part,),
    )


def listed(hours_old: float) -> BackupSummary:
    made = manifest(hours_old)
    return BackupSummary(backup=made.backup, manifest=made)


def verified(hours_old: float, at: datetime = NOON, **changes: object) -> Verification:
    made = manifest(hours_old)
    fields = {"application": "shop", "backup": made.backup, "manifest": made.digest, "at": at}
    return Verification.model_validate(fields | {"depth": "proved equal", "seconds": 1.0} | changes)


OLD, NEW = manifest(5).backup, manifest(1).backup
BROKEN = BackupSummary(backup="20260101T113000Z-aaaaaa", reason="The manifest has no signature.")


@pytest.mark.parametrize(
    ("verifications", "taken", "sentence"),
    [
        ([verified(1), verified(5)], NEW, f"The newest proved backup is {NEW}, 1 h 00 min old."),
        ([verified(1, depth="application answered")], NEW, f"The newest proved backup is {NEW}, 1 h 00 min old."),
        ([verified(5)], OLD, f"; not taken: {NEW} was never verified."),
        ([verified(5), verified(1, depth="restored")], OLD, f"{NEW} was only restored, not proved equal to its source"),
        (
            [verified(5), verified(1), verified(1, NOON + HOUR, depth="listed", problem="db/00001.age is missing.")],
            OLD,
            f"not taken: {NEW} failed its last verification: db/00001.age is missing.",
        ),
        ([verified(5), verified(1, problem="no"), verified(1, NOON + HOUR)], NEW, f"proved backup is {NEW}"),
        ([verified(1), verified(1, NOON + HOUR, depth="listed")], NEW, f"proved backup is {NEW}"),
        (
            [verified(5), verified(1, manifest="0" * 64)],
            OLD,
            f"{NEW} was verified with another manifest than the one it has now",
        ),
        ([verified(5)], OLD, "5 h 00 min old; WARNING: it misses the objective of 2 h 00 min;"),
    ],
)
def test_the_newest_proved_one_is_taken(verifications: list[Verification], taken: str, sentence: str) -> None:
    decision = choose_backup([listed(5), listed(1)], verifications, NOON, 2 * HOUR)
    assert decision.verdict == "go"
    assert decision.facts["backup"] == taken
    assert decision.facts["proved"] is True
    assert decision.facts["objective_met"] is (taken == NEW)
    assert sentence in decision.sentence


def test_a_broken_one_is_named_and_passed_over() -> None:
    decision = choose_backup([listed(5), BROKEN], [verified(5)], NOON, 9 * HOUR)
    assert decision.facts["backup"] == OLD
    assert f"not taken: {BROKEN.backup} is broken: The manifest has no signature." in decision.sentence


def test_a_clock_that_is_wrong_is_said() -> None:
    decision = choose_backup([listed(-2)], [verified(-2)], NOON, HOUR)
    assert decision.verdict == "go"
    assert "WARNING: it is dated 2 h 00 min in the future, so a clock is wrong" in decision.sentence
    assert "WARNING" not in choose_backup([listed(-0.01)], [verified(-0.01)], NOON, HOUR).sentence


def test_none_is_proved() -> None:
    decision = choose_backup([listed(5), listed(1), BROKEN], [], NOON, HOUR)
    assert decision.verdict == "refuse"
    assert decision.sentence.startswith("No backup is proved: ")
    assert f"{NEW} was never verified; {OLD} was never verified" in decision.sentence
    assert "--break-glass" in decision.remedy


def test_there_is_none() -> None:
    decision = choose_backup([], [], NOON, HOUR)
    assert (decision.verdict, decision.sentence) == ("refuse", "There is no backup at all.")


def test_a_reason_takes_an_unproved_one_only_where_none_is_proved() -> None:
    both = [listed(5), listed(1)]
    assert choose_backup(both, [verified(5)], NOON, HOUR, unproved_because="no server").facts["backup"] == OLD
    decision = choose_backup(both, [], NOON, 2 * HOUR, unproved_because="the boss said so")
    assert decision.facts["backup"] == NEW
    assert decision.facts["proved"] is False
    assert "WARNING: it was never verified, and is taken because the boss said so" in decision.sentence


def test_a_reason_does_not_take_what_is_known_to_be_bad() -> None:
    bad = [verified(1, problem="db is NOT equal")]
    assert choose_backup([listed(5), listed(1)], bad, NOON, HOUR, unproved_because="x").facts["backup"] == OLD
    assert choose_backup([listed(1), BROKEN], bad, NOON, HOUR, unproved_because="x").verdict == "refuse"
    named = choose_backup([listed(1)], bad, NOON, HOUR, wanted=NEW, unproved_because="it is all we have")
    assert "it failed its last verification: db is NOT equal, and is taken because it is all we have" in named.sentence


def test_one_that_was_named() -> None:
    both, proofs = [listed(5), listed(1)], [verified(5)]
    assert choose_backup(both, proofs, NOON, 9 * HOUR, wanted=OLD).facts["backup"] == OLD
    refused = choose_backup(both, proofs, NOON, HOUR, wanted=NEW)
    assert (refused.verdict, refused.sentence) == ("refuse", f"Backup {NEW} was never verified.")
    missing = choose_backup(both, proofs, NOON, HOUR, wanted="20200101T000000Z-000000")
    assert missing.sentence == "There is no backup 20200101T000000Z-000000."
    assert missing.remedy == f"There are: {NEW}, {OLD}."
    broken = choose_backup([BROKEN], [], NOON, HOUR, wanted=BROKEN.backup, unproved_because="x")
    assert broken.verdict == "refuse"


def test_many_are_not_all_said() -> None:
    decision = choose_backup([listed(hours) for hours in range(1, 12)], [verified(11)], NOON, 99 * HOUR)
    assert "and 5 more" in decision.sentence
    assert len(decision.facts["passed_over"]) == 10


def test_depths_are_in_order() -> None:
    for index, depth in enumerate(DEPTHS):
        assert [verified(1, depth=depth).shows(other) for other in DEPTHS] == [n <= index for n in range(len(DEPTHS))]


def test_never_into_the_source() -> None:
    refused = may_restore("postgresql://a:5432/shop", "postgresql://a:5432/shop")
    assert refused.verdict == "refuse"
    assert "is the source itself" in refused.sentence
    assert may_restore("postgresql://a:5432/shop", "postgresql://b:5432/shop").verdict == "go"


def test_the_names_of_backups_sort_by_their_moment() -> None:
    moments = [datetime(2026, 1, 1, 0, 0, 0, micro, UTC) for micro in (0, 2, 999, 500_000, 999_999)]
    names = [new_backup_id(at) for at in moments]
    assert names == sorted(names)
    assert all(TypeAdapter(BackupId).validate_python(name) for name in names)
