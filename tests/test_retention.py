"""Which backups stay, by every rule's sentence, and what must never go whatever the rules say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.choose import BackupSummary
from recovery.manifest import Manifest
from recovery.retention import Kept, Rules, decide_retention

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
NOTHING = Rules(last=1, daily=0, weekly=0, monthly=0, yearly=0, at_least=timedelta(microseconds=1))


def summary(hours_ago: int, broken: bool = False) -> BackupSummary:
    at = NOW - timedelta(hours=hours_ago)
    name = f"{at:%Y%m%dT%H%M%SZ}-abcdef"
    if broken:
        return BackupSummary(backup=name, reason="its signature is missing")
    return BackupSummary(backup=name, manifest=Manifest.model_construct(backup=name, taken_at=at))


def kept(hours: list[int], rules: Rules, proved: tuple[int, ...] = ()) -> list[int]:
    """The ages, in hours, of the backups that stay."""
    backups = [summary(age) for age in hours]
    names = {summary(age).backup for age in proved}
    decided = decide_retention(backups, names, rules, NOW)
    return [age for age in hours if by_name(decided)[summary(age).backup].keep]


def by_name(decided: tuple[Kept, ...]) -> dict[str, Kept]:
    return {each.backup: each for each in decided}


def test_the_newest_always_stays() -> None:
    assert kept([1, 2, 3], NOTHING) == [1]


def test_the_newest_proved_one_always_stays() -> None:
    assert kept([1, 2, 500, 900], NOTHING, proved=(500, 900)) == [1, 500]
    decided = decide_retention([summary(1), summary(500)], {summary(500).backup}, NOTHING, NOW)
    assert "the newest that was proved" in decided[1].sentence


@pytest.mark.parametrize(
    ("changes", "hours", "stay", "said"),
    [
        ({"last": 3}, [1, 2, 3, 4], [1, 2, 3], "one of the last 3"),
        ({"at_least": timedelta(hours=3)}, [1, 2, 3, 4], [1, 2], "younger than 3 h"),
        ({"daily": 3}, [1, 2, 25, 26, 49, 73], [1, 25, 49], "the daily one of 2026-06-13"),
        ({"weekly": 2}, [1, 24 * 7, 24 * 8, 24 * 20], [1, 24 * 7], "the weekly one of 2026-W24"),
        ({"monthly": 2}, [1, 24 * 20, 24 * 25, 24 * 50], [1, 24 * 20], "the monthly one of 2026-05"),
        ({"yearly": 2}, [1, 24 * 200, 24 * 210, 24 * 900], [1, 24 * 200], "the yearly one of 2025"),
    ],
)
def test_every_rule(changes: dict[str, object], hours: list[int], stay: list[int], said: str) -> None:
    rules = Rules.model_validate({**NOTHING.model_dump(), **changes})
    assert kept(hours, rules) == stay
    sentences = " ".join(each.sentence for each in decide_retention([summary(age) for age in hours], (), rules, NOW))
    assert said in sentences
    assert "goes: no rule keeps it" in sentences


def test_a_broken_one_is_evidence() -> None:
    decided = decide_retention([summary(1), summary(900, broken=True)], (), NOTHING, NOW)
    assert decided[1].keep
    assert "its signature is missing" in decided[1].sentence


def test_what_a_lock_holds_stays_and_is_said() -> None:
    backups = [summary(age) for age in (1, 2, 3)]
    locked = {summary(2).backup: NOW + timedelta(days=1), summary(3).backup: NOW - timedelta(days=1)}
    decided = by_name(decide_retention(backups, (), NOTHING, NOW, locked))
    assert [decided[each.backup].keep for each in backups] == [True, True, False]
    assert "no rule keeps it, but a lock does until 2026-06-16 12:00 UTC" in decided[summary(2).backup].sentence


@given(
    hours=st.lists(st.integers(1, 24 * 1000), unique=True, max_size=40),
    share=st.integers(1, 5),
    rules=st.builds(
        Rules,
        last=st.integers(1, 5),
        daily=st.integers(0, 5),
        weekly=st.integers(0, 5),
        monthly=st.integers(0, 5),
        yearly=st.integers(0, 3),
        at_least=st.integers(1, 100).map(lambda value: timedelta(hours=value)),
    ),
)
def test_what_holds_whatever_there_is(hours: list[int], share: int, rules: Rules) -> None:
    proved = tuple(hours[::share])
    stay = kept(hours, rules, proved)
    if hours:
        assert min(hours) in stay
        assert min(proved) in stay
    assert set(sorted(hours)[: rules.last]) <= set(stay)
    assert len(stay) <= 2 + rules.last + rules.daily + rules.weekly + rules.monthly + rules.yearly + sum(
        1 for age in hours if timedelta(hours=age) < rules.at_least
    )
    # Once what goes is gone, nothing more goes.
    assert kept(stay, rules, tuple(age for age in proved if age in stay)) == stay
