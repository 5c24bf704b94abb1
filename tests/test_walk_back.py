"""The walk back to the last clean backup, by every sentence it says."""

from datetime import datetime, timedelta

import pytest
from verification_fixtures import BROKEN, HOUR, NOON, listed, name, verified

from recovery.coverage import keep_ledger
from recovery.decision import Decision
from recovery.plan_verification import Thresholds
from recovery.rules import rules_digest
from recovery.verification import Verification
from recovery.walk import may_walk
from recovery.walk_back import compare_with, line_up, next_step

TODAY = "today"
SUSPICIOUS = {"problem": "uploads: 30 files are encrypted.", "problem_kind": "suspicious"}


def step(
    hours: list[float], *records: Verification, left: float = 60, broken: bool = False, **asked: object
) -> Decision:
    backups = [listed(each) for each in hours] + ([BROKEN] if broken else [])
    lined = line_up(keep_ledger("shop", backups, records), TODAY, **asked)  # type: ignore[arg-type]
    return next_step(lined, left, 7200)


def test_the_newest_is_looked_at_first() -> None:
    found = step([1, 2, 3])
    assert (found.verdict, found.facts["backup"]) == ("go", name(1))
    assert found.sentence == f"Looking at {name(1)}: {name(1)} is not proved yet."


def test_one_that_is_known_to_be_clean_is_not_looked_at_again() -> None:
    found = step([1, 2], verified(1, rules=TODAY))
    assert (found.verdict, found.facts["backup"]) == ("done", name(1))
    assert found.sentence == f"The last clean backup is {name(1)}, and the newest of all."


def test_other_rules_than_todays_make_another_look() -> None:
    found = step([1], verified(1, rules="yesterday's"))
    assert (found.verdict, found.facts["backup"]) == ("go", name(1))
    assert "was not looked through by today's rules" in found.sentence


def test_suspicious_ones_are_passed_with_their_reason() -> None:
    found = step(
        [1, 2, 3], verified(1, **SUSPICIOUS), verified(2, problem="A chunk is missing."), verified(3, rules=TODAY)
    )
    assert (found.verdict, found.facts["backup"]) == ("done", name(3))
    assert found.sentence == f"The last clean backup is {name(3)}, after 2 newer one(s) were rejected."
    assert found.facts["rejected"] == [
        f"{name(1)} shows signs of ransomware: uploads: 30 files are encrypted.",
        f"{name(2)} is no good: A chunk is missing.",
    ]


def test_a_broken_manifest_is_no_candidate() -> None:
    found = step([2], verified(2, rules=TODAY), broken=True)
    assert found.facts["backup"] == name(2)
    assert found.facts["rejected"] == [f"{BROKEN.backup} is broken: The manifest has no signature."]


def test_nothing_taken_since_the_infection_counts_however_clean_it_looks() -> None:
    found = step([1, 2, 3], *(verified(each, rules=TODAY) for each in (1, 2, 3)), infected_since=NOON - 2 * HOUR)
    assert found.facts["backup"] == name(3)
    assert "when the infection was there" in found.facts["rejected"][1]


def test_what_could_not_be_finished_is_not_clean_and_is_not_tried_for_ever() -> None:
    found = step([1, 2], tried={name(1): "The scratch server was down."})
    assert (found.verdict, found.facts["backup"]) == ("go", name(2))
    assert found.facts["rejected"] == [f"{name(1)} could not be shown to be clean: The scratch server was down."]


def test_none_clean_is_refused_with_the_reasons_and_what_to_do() -> None:
    found = step([1, 2], verified(1, **SUSPICIOUS), verified(2, **SUSPICIOUS))
    assert found.verdict == "refuse"
    assert "No backup is clean: all 2 were rejected." in found.sentence
    assert "30 files are encrypted" in found.sentence
    assert "Where signs of one backup are harmless" in found.remedy


def test_no_backup_at_all_is_refused() -> None:
    assert step([]).sentence == "There is no backup to walk back to."


def test_the_budget_ends_the_walk_and_says_how_to_go_on() -> None:
    found = step([1, 2, 3], verified(1, **SUSPICIOUS), left=0)
    assert found.verdict == "refuse"
    said = "The walk back has used up its 2 h 00 min: 1 backup(s) were rejected, and 2 were not looked at."
    assert found.sentence == said
    assert "Raise ransomware.budget" in found.remedy


def test_what_is_known_needs_no_budget() -> None:
    assert step([1], verified(1, rules=TODAY), left=0).verdict == "done"


def test_a_named_backup_with_a_reason_is_looked_at_although_it_was_suspicious() -> None:
    asked = {"wanted": name(2), "harmless": "the files were compressed on purpose"}
    assert step([1, 2], verified(2, **SUSPICIOUS), **asked).facts["backup"] == name(2)
    later = verified(2, at=NOON + HOUR)
    found = step([1, 2], verified(2, **SUSPICIOUS), later, tried={name(2): "harmless"}, **asked)
    assert (found.verdict, found.facts["backup"]) == ("done", name(2))


@pytest.mark.parametrize("asked", [{"wanted": name(2)}, {"harmless": "a reason without a name"}])
def test_a_name_or_a_reason_alone_waives_nothing(asked: dict[str, object]) -> None:
    assert step([2], verified(2, **SUSPICIOUS), **asked).verdict == "refuse"


def test_a_called_harmless_one_is_rejected_where_its_proof_fails() -> None:
    asked = {"wanted": name(2), "harmless": "a reason"}
    found = step([2], verified(2, problem="It differs."), tried={name(2): "It differs."}, **asked)
    assert found.verdict == "refuse"


def test_a_candidate_is_compared_with_a_clean_one_and_not_with_its_neighbour() -> None:
    """The neighbour may be infected as well: nothing would differ."""
    records = [verified(2), verified(3, rules=TODAY), verified(4, rules=TODAY)]
    ledger = keep_ledger("shop", [listed(each) for each in (1, 2, 3, 4)], records)
    compared = compare_with(ledger, name(1), TODAY)
    assert compared is not None
    assert compared.backup == name(3)


def test_without_a_clean_one_the_oldest_proved_one_is_compared_with() -> None:
    ledger = keep_ledger("shop", [listed(each) for each in (1, 2, 3)], [verified(2), verified(3, rules="older")])
    compared = compare_with(ledger, name(1), TODAY)
    assert compared is not None
    assert compared.backup == name(3)
    assert compare_with(ledger, name(3), TODAY) is None


@pytest.mark.parametrize(
    ("since", "wanted", "harmless", "said"),
    [
        (None, None, "a reason", "Signs of ransomware are called harmless of one backup, not of any that shows some."),
        (NOON + HOUR, None, "", "The infection of 2026-01-01 13:00 UTC would be still to come."),
        (NOON - HOUR, name(2), "a reason", "Walking back to the last clean backup."),
    ],
)
def test_what_is_asked_for_makes_sense(since: datetime | None, wanted: str | None, harmless: str, said: str) -> None:
    assert may_walk(since, wanted, harmless, NOON).sentence == said


def test_any_change_of_the_rules_shows_in_their_digest() -> None:
    base = rules_digest(Thresholds(), b"lists", None, None)
    others = [
        rules_digest(Thresholds(lost_rows=0.4), b"lists", None, None),
        rules_digest(Thresholds(), b"more lists", None, None),
        rules_digest(Thresholds(), b"lists", b"rule a {}", None),
        rules_digest(Thresholds(), b"lists", None, "ClamAV 1.0/27000"),
    ]
    assert len({base, *others}) == 5
    assert base == rules_digest(Thresholds(), b"lists", None, None)


def test_only_records_without_a_fault_say_by_what_rules_it_was_found_clean() -> None:
    records = [verified(1, rules=TODAY, at=NOON), verified(1, at=NOON + timedelta(minutes=1), **SUSPICIOUS)]
    row = keep_ledger("shop", [listed(1)], records).of(name(1))
    assert row is not None
    assert row.scanned_by == (TODAY,)
    assert step([1], *records).verdict == "refuse"
