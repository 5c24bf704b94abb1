"""The coverage ledger, and its agreement with what a failover would restore."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from verification_fixtures import BROKEN, HOUR, NOON, listed, manifest, name, verified

from recovery.choose import choose_backup
from recovery.coverage import NEVER, keep_ledger
from recovery.verification import DEPTHS, Verification

AGES = (1, 2, 3, 5)
record = st.builds(
    lambda age, hours, depth, problem: verified(
        age, NOON + timedelta(hours=hours), depth=depth, problem="bad" if problem else None
    ),
    st.sampled_from(AGES),
    st.floats(0, 9).map(lambda hours: round(hours, 3)),
    st.sampled_from(DEPTHS),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(record, max_size=8, unique_by=lambda one: one.at))
def test_what_the_ledger_calls_proved_is_what_a_failover_restores(records: list[Verification]) -> None:
    backups = [*map(listed, AGES), BROKEN]
    proved = keep_ledger("shop", backups, records).newest_proved
    chosen = choose_backup(backups, records, NOON, HOUR)
    assert (proved.backup if proved else None) == chosen.facts.get("backup")


def test_every_backup_is_there_with_its_depth_and_the_newest_first() -> None:
    records = [verified(1, depth="restored", unfinished="Scratch was down."), verified(2), verified(2, NOON - HOUR)]
    ledger = keep_ledger("shop", [listed(3), listed(2), listed(1)], records)
    assert [row.backup for row in ledger.backups] == [name(1), name(2), name(3)]
    assert [row.depth for row in ledger.backups] == ["restored", "proved equal", None]
    assert [row.proved for row in ledger.backups] == [False, True, False]
    assert ledger.backups[0].unfinished == "Scratch was down."
    assert ledger.depths == {"proved equal": 1, "restored": 1, NEVER: 1}


def test_the_recovery_point_of_each_moment() -> None:
    """At noon a backup of 07:00 was proved; an hour later one of 11:00 was; then that one failed."""
    first, second = verified(5), verified(1, NOON + HOUR)
    failed = verified(1, NOON + 2 * HOUR, problem="It was damaged.")
    backups = [listed(5), listed(1)]
    ledger = keep_ledger("shop", backups, [first, second])
    assert [row.recovery_point_seconds for row in ledger.backups] == [2 * 3600, 5 * 3600]
    ledger = keep_ledger("shop", backups, [first, second, failed])
    assert [row.recovery_point_seconds for row in ledger.backups] == [7 * 3600, 5 * 3600]
    assert keep_ledger("shop", backups, [failed]).backups[0].recovery_point_seconds is None


def test_a_record_of_another_manifest_counts_for_nothing() -> None:
    other = verified(1).model_copy(update={"manifest": manifest(1, size=7).digest})
    row = keep_ledger("shop", [listed(1)], [other]).backups[0]
    assert (row.depth, row.proved) == (None, False)


def test_a_problem_outranks_an_earlier_proof_and_a_broken_manifest_is_one() -> None:
    later = verified(1, NOON + HOUR, depth="proved equal", problem="Signs.", problem_kind="suspicious")
    ledger = keep_ledger("shop", [listed(1), BROKEN], [verified(1), later])
    broken, suspicious = ledger.backups
    assert (broken.backup, broken.problem_kind) == (BROKEN.backup, "fault")
    assert (suspicious.proved, suspicious.problem_kind, suspicious.problem) == (False, "suspicious", "Signs.")
    assert ledger.newest_proved is None


def test_a_verification_that_could_not_be_finished_takes_nothing_away() -> None:
    later = verified(1, NOON + HOUR, depth="listed", unfinished="Scratch was down.")
    row = keep_ledger("shop", [listed(1)], [verified(1), later]).backups[0]
    assert (row.proved, row.depth) == (True, "proved equal")
