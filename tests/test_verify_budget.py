"""Which backups are verified within a budget, by the sentence."""

import pytest
from verification_fixtures import BROKEN, HOUR, NOON, listed, name, verified

from recovery.coverage import keep_ledger
from recovery.verify_budget import Measured, choose_to_verify, measured, predict

BACKUPS = [listed(age) for age in (1, 2, 3, 4, 5)]
TEN = (Measured(size=1000, seconds=10.0),)
RECORDS = [verified(1, NOON), verified(3, NOON - 9 * HOUR), verified(5, NOON - HOUR)]


def order(budget: float) -> list[str]:
    ledger = keep_ledger("shop", BACKUPS, RECORDS)
    return [each.backup for each in choose_to_verify(BACKUPS, ledger, TEN, budget) if each.verify]


def test_newest_first_then_never_verified_then_longest_ago() -> None:
    assert order(50) == [name(age) for age in (1, 2, 4, 3, 5)]


@pytest.mark.parametrize(("budget", "count"), [(0, 1), (10, 1), (19.9, 1), (20, 2), (39, 3), (1000, 5)])
def test_no_more_than_fit(budget: float, count: int) -> None:
    assert order(budget) == [name(age) for age in (1, 2, 4, 3, 5)][:count]


def test_a_smaller_one_may_still_fit() -> None:
    backups = [listed(1), listed(2, size=90_000), listed(3)]
    ledger = keep_ledger("shop", backups, [])
    decided = choose_to_verify(backups, ledger, TEN, 30)
    assert [(each.backup, each.verify) for each in decided] == [(name(1), True), (name(2), False), (name(3), True)]
    assert decided[0].sentence == f"Verifying {name(1)}, the newest one, which was never verified: about 10.0 s."
    assert decided[1].sentence == (
        f"Leaving {name(2)}, which was never verified, for another time: about 15 min 00 s do not fit into "
        "what is left of the budget."
    )


def test_a_broken_newest_is_verified_and_a_broken_older_one_is_told_of() -> None:
    backups = [listed(5), BROKEN]
    first = choose_to_verify(backups, keep_ledger("shop", backups, []), TEN, 100)[0]
    assert (first.backup, first.verify) == (BROKEN.backup, True)
    backups = [listed(0), BROKEN]
    last = choose_to_verify(backups, keep_ledger("shop", backups, []), TEN, 100)[-1]
    assert not last.verify
    assert last.sentence.endswith("its manifest is broken (The manifest has no signature).")


def test_nothing_of_nothing() -> None:
    assert choose_to_verify([], keep_ledger("shop", [], []), TEN, 100) == ()


def test_prediction_scales_up_and_never_down() -> None:
    history = [Measured(size=100, seconds=4.0), Measured(size=100, seconds=6.0), Measured(size=100, seconds=90.0)]
    assert predict(100, history) == 6.0
    assert predict(1, history) == 6.0
    assert predict(1000, history) == 60.0
    assert predict(300_000_000, []) == 20.0


def test_only_whole_verifications_are_measured() -> None:
    records = [verified(1), verified(2, problem="bad"), verified(3, depth="restored")]
    assert measured(keep_ledger("shop", BACKUPS, records)) == (Measured(size=1000, seconds=2.0),)
