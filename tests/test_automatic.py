"""When a failover may start by itself, which site may be taken off, and how: every branch, by its sentence."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.automatic import decide_automatic
from recovery.journal import Line
from recovery.maintenance import judge_maintenance
from recovery.past import PastFailover, judge_cool_down, judge_most_a_day, past_failover
from recovery.plan_automatic import Automatic, Maintenance
from recovery.sites import SiteState, Wanted, decide_grace, keep_one_on
from recovery.uptime import Health
from recovery.vantage import Observation, judge_quorum

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)  # a Thursday
FRESH, HOUR = timedelta(seconds=45), timedelta(hours=1)
PLACES = ("berlin", "dublin", "oslo")


def seen(**health: Health) -> list[Observation]:
    return [Observation(vantage_point=name, health=what, sentence=what, at=NOON) for name, what in health.items()]


@pytest.mark.parametrize(
    ("health", "quorum", "verdict", "words"),
    [
        ({"berlin": "dead", "dublin": "dead", "oslo": "well"}, 2, "go", "2 of 3 vantage points call it dead (berlin,"),
        ({"berlin": "dead", "dublin": "well", "oslo": "well"}, 2, "done", "dublin, oslo call it well, so the 2"),
        ({"berlin": "dead", "dublin": "well", "oslo": "unsure"}, 2, "refuse", "Only 1 of 3 vantage points call it"),
        ({"berlin": "dead"}, 2, "refuse", "and 2 must; nothing new was heard of dublin, oslo."),
        ({"berlin": "dead"}, 1, "go", "1 of 3 vantage points"),
        ({"berlin": "dead", "stranger": "dead"}, 2, "refuse", "Only 1 of 3"),
        ({}, 1, "refuse", "Only 0 of 3"),
    ],
)
def test_quorum(health: dict[str, Health], quorum: int, verdict: str, words: str) -> None:
    judged = judge_quorum(seen(**health), PLACES, quorum, FRESH, NOON)
    assert judged.verdict == verdict
    assert words in judged.sentence


def test_what_is_old_does_not_count_and_the_newest_does() -> None:
    old = [each.model_copy(update={"at": NOON - 2 * FRESH}) for each in seen(berlin="dead", dublin="dead")]
    assert judge_quorum(old, PLACES, 2, FRESH, NOON).verdict == "refuse"
    assert judge_quorum([*seen(berlin="well", dublin="well"), *old], PLACES, 2, FRESH, NOON).verdict == "done"


HEALTH: st.SearchStrategy[Health] = st.sampled_from(["dead", "well", "unsure"])


@given(st.dictionaries(st.sampled_from(PLACES), HEALTH), st.integers(1, 3), st.sampled_from(PLACES))
def test_one_more_that_calls_it_dead_never_makes_it_less_dead(health: dict[str, Health], quorum: int, one: str) -> None:
    order = {"done": 0, "refuse": 1, "go": 2}
    before = judge_quorum(seen(**health), PLACES, quorum, FRESH, NOON)
    after = judge_quorum(seen(**{**health, one: "dead"}), PLACES, quorum, FRESH, NOON)
    assert order[after.verdict] >= order[before.verdict]
    assert (before.verdict == "go") == (list(health.values()).count("dead") >= quorum)


NIGHT = Maintenance(starts="30 12 * * 4", lasts=HOUR, timezone="Europe/Berlin", reason="patching")


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        (NOON - timedelta(minutes=30), True),  # 12:30 in Berlin
        (NOON + timedelta(minutes=29, seconds=59), True),
        (NOON + timedelta(minutes=30), False),
        (NOON - timedelta(minutes=30, seconds=1), False),
        (NOON + timedelta(days=1), False),
        (NOON + timedelta(days=7), True),
    ],
)
def test_maintenance(at: datetime, inside: bool) -> None:
    judged = judge_maintenance((NIGHT,), at)
    assert judged.verdict == ("refuse" if inside else "go")
    assert ("It is patching until 2026-01-0" if inside else "No maintenance is planned now.") in judged.sentence


def test_one_that_begins_again_before_it_ends_lasts_on() -> None:
    always = Maintenance(starts="0 * * * *", lasts=2 * HOUR)
    for minutes in range(0, 180, 7):
        assert judge_maintenance((NIGHT, always), NOON + timedelta(minutes=minutes)).verdict == "refuse"


@given(st.integers(0, 60 * 24 * 400), st.integers(1, 60 * 30))
def test_within_a_window_is_within_its_length_of_a_start(minutes: int, lasts: int) -> None:
    at = NOON + timedelta(minutes=minutes)
    window = Maintenance(starts="0 2 * * *", lasts=timedelta(minutes=lasts))
    start = at.replace(hour=2, minute=0) - (timedelta(days=1) if at.hour < 2 else timedelta(0))
    # A window longer than a day is always open.
    assert (judge_maintenance((window,), at).verdict == "refuse") == (at - start < timedelta(minutes=lasts))


def failover(ended_before: timedelta, automatic: bool = True, name: str = "shop-failover-1") -> PastFailover:
    ended = NOON - ended_before
    return PastFailover(incident=name, began=ended - timedelta(minutes=1), ended=ended, automatic=automatic)


@pytest.mark.parametrize(
    ("past", "verdict", "words"),
    [
        ([], "go", "No failover was too near."),
        ([failover(HOUR)], "go", "No failover was too near."),
        ([failover(HOUR / 2)], "refuse", "shop-failover-1 ended at 11:30:00: none starts by itself before"),
        ([failover(HOUR / 2, automatic=False)], "refuse", "before 2026-01-01 12:30:00 UTC"),
        ([failover(HOUR * 5), failover(HOUR / 4)], "refuse", "ended at 11:45:00"),
    ],
)
def test_cool_down(past: list[PastFailover], verdict: str, words: str) -> None:
    judged = judge_cool_down(past, HOUR, NOON)
    assert judged.verdict == verdict
    assert words in judged.sentence


@pytest.mark.parametrize(
    ("past", "verdict", "words"),
    [
        ([], "go", "0 of at most 2"),
        ([failover(HOUR), failover(2 * HOUR)], "refuse", "2 failovers started by themselves within 24 hours, and at"),
        ([failover(HOUR), failover(2 * HOUR, automatic=False)], "go", "1 of at most 2"),
        ([failover(HOUR), failover(24 * HOUR)], "go", "1 of at most 2"),
    ],
)
def test_most_a_day(past: list[PastFailover], verdict: str, words: str) -> None:
    judged = judge_most_a_day(past, 2, NOON)
    assert judged.verdict == verdict
    assert words in judged.sentence


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, "go", "1 of 1 vantage points call it dead (here). No maintenance is planned now. No failover was too"),
        ({"observations": seen(here="well")}, "done", "here call it well"),
        ({"rules": Automatic(maintenance=(NIGHT,))}, "refuse", "It is patching"),
        ({"past": [failover(HOUR / 2)]}, "refuse", "none starts by itself before"),
        ({"past": [failover(2 * HOUR), failover(3 * HOUR)]}, "refuse", "2 failovers started by themselves"),
        ({"rules": Automatic(vantage_points=PLACES, quorum=2)}, "refuse", "Only 0 of 3 vantage points"),
    ],
)
def test_every_rule_must_let_it_start(changes: dict[str, Any], verdict: str, words: str) -> None:
    usual: dict[str, Any] = {"rules": Automatic(), "own": "here", "observations": seen(here="dead"), "past": []}
    decision = decide_automatic(**{**usual, **changes}, at=NOON)
    assert decision.verdict == verdict
    assert words in decision.sentence


SECOND = timedelta(seconds=1)
REST = {"sentence": "", "before": ""}


def lines(*kinds: tuple[str, str, dict[str, Any]]) -> list[Line]:
    return [
        Line(
            number=number, at=NOON + timedelta(seconds=number), kind=kind, step=step, sentence="", data=data, before=""
        )  # type: ignore[arg-type]
        for number, (kind, step, data) in enumerate(kinds)
    ]


OPENED = ("opened", "failover", {"incident": "i-1", "dry_run": False})
DECLARED = ("outcome", "declare incident", {})
ALERT = ("mark", "detected", {"source": "uptime monitor"})


def test_what_counts_as_an_earlier_failover() -> None:
    found = past_failover(lines(OPENED, ALERT, DECLARED))
    assert found == PastFailover(incident="i-1", began=NOON, ended=NOON + timedelta(seconds=2), automatic=True)
    by_hand = past_failover(lines(OPENED, DECLARED))
    assert by_hand is not None and not by_hand.automatic
    rehearsed = ("opened", "failover", {"incident": "i-1", "dry_run": True})
    for others in ([], lines(OPENED), lines(rehearsed, DECLARED), lines(("opened", "backup", {}), DECLARED)):
        assert past_failover(others) is None


ON = SiteState(name="oslo", on=True, can_be_brought_on=True, sentence="It serves.")
COLD = SiteState(name="dublin", on=False, can_be_brought_on=True, sentence="A backup is proved.")
GONE = SiteState(name="paris", on=False, can_be_brought_on=False, sentence="No backup is proved.")


@pytest.mark.parametrize(
    ("others", "verdict", "words"),
    [
        ([ON, GONE], "go", "oslo stays on when berlin is taken off (oslo: It serves; paris: No backup is proved)."),
        ([GONE, COLD], "go", "dublin can be brought on when berlin is taken off"),
        ([GONE], "refuse", "Taking berlin off would leave no site on (paris: No backup is proved)."),
        ([], "refuse", "would leave no site on (there is no other site)."),
    ],
)
def test_at_least_one_site_stays_on(others: list[SiteState], verdict: str, words: str) -> None:
    decision = keep_one_on("berlin", others)
    assert decision.verdict == verdict
    assert words in decision.sentence


@pytest.mark.parametrize(
    ("wanted", "answers", "drains", "mode", "words"),
    [
        ("graceful", True, True, "graceful", "nothing is lost"),
        ("graceful", True, False, None, "not possible: the primary answers, but its writes cannot be held back."),
        ("graceful", False, True, None, "not possible: the primary does not answer."),
        ("whichever can be", True, True, "graceful", "nothing is lost"),
        ("whichever can be", True, False, "ungraceful", "as the primary answers, but its writes cannot be held back"),
        ("whichever can be", False, False, "ungraceful", "as the primary does not answer: what was written last may"),
        ("ungraceful", True, True, "ungraceful", "asked for so, although the primary lives"),
        ("ungraceful", False, False, "ungraceful", "does not answer"),
    ],
)
def test_graceful_or_not(wanted: Wanted, answers: bool, drains: bool, mode: str | None, words: str) -> None:
    decision = decide_grace(wanted, answers, drains)
    assert decision.facts.get("mode") == mode
    assert (decision.verdict == "refuse") == (mode is None)
    assert words in decision.sentence
