"""Every branch of the pure deciding functions, by the sentence it gives."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.duration import parse_duration, say_duration
from recovery.errors import Refused
from recovery.failover import decide_failover
from recovery.lease import Lease, decide_lease, next_lease
from recovery.loss import loss_by_clock, loss_by_witness
from recovery.uptime import Uptime

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PRIMARY, STANDBY = "192.0.2.1", "192.0.2.2"


@pytest.mark.parametrize(
    ("active", "answers", "insisted", "rehearsal", "verdict", "sentence"),
    [
        ((PRIMARY,), False, False, False, "go", "does not answer"),
        ((), False, False, False, "go", "does not answer"),
        ((PRIMARY,), True, False, False, "refuse", "still answers"),
        ((PRIMARY,), True, True, False, "go", "insists"),
        ((PRIMARY,), True, False, True, "go", "would be refused"),
        ((STANDBY,), False, False, False, "done", "already runs at the standby"),
        ((STANDBY,), False, True, False, "done", "already runs at the standby"),
        (("192.0.2.9",), False, True, False, "refuse", "neither the primary nor the standby"),
        ((PRIMARY, STANDBY), False, False, False, "refuse", "neither"),
    ],
)
def test_failover(
    active: tuple[str, ...], answers: bool, insisted: bool, rehearsal: bool, verdict: str, sentence: str
) -> None:
    decision = decide_failover(active, PRIMARY, STANDBY, answers, insisted, rehearsal)
    assert decision.verdict == verdict
    assert sentence in decision.sentence
    if verdict == "refuse":
        with pytest.raises(Refused, match="Nothing was changed"):
            decision.or_refuse()


def lease(**changes: object) -> Lease:
    fields: dict[str, object] = {
        "application": "shop",
        "number": 4,
        "incident": "i-1",
        "holder": "host",
        "until": NOON + timedelta(seconds=30),
    }
    return Lease.model_validate(fields | changes)


@pytest.mark.parametrize(
    ("held", "dead", "verdict", "sentence"),
    [
        (None, False, "go", "Nobody holds"),
        (lease(), False, "refuse", "i-1 is recovering shop right now"),
        (lease(), True, "go", "is dead"),
        (lease(until=NOON), False, "go", "lapsed"),
        (lease(released=True), False, "go", "gave it back"),
    ],
)
def test_lease(held: Lease | None, dead: bool, verdict: str, sentence: str) -> None:
    decision = decide_lease(held, NOON, dead=dead)
    assert decision.verdict == verdict
    assert sentence in decision.sentence


def test_every_holder_has_a_higher_number() -> None:
    first = next_lease(None, "shop", "i-1", "host", NOON, timedelta(seconds=60))
    second = next_lease(first, "shop", "i-2", "host", NOON, timedelta(seconds=60))
    assert (first.number, second.number) == (1, 2)
    assert second.until == NOON + timedelta(seconds=60)


def probes(uptime: Uptime, pattern: str) -> tuple[Uptime, list[int]]:
    """Runs `+` and `-` probes a second apart and says at which ones an alert came."""
    alerts = []
    for index, sign in enumerate(pattern):
        uptime, alert = uptime.after(sign == "+", "no answer", NOON + timedelta(seconds=index))
        if alert:
            alerts.append(index)
    return uptime, alerts


@pytest.mark.parametrize(
    ("pattern", "alerts"),
    [
        ("+---", [3]),
        ("+--+--+", []),
        ("+-----", [3]),
        ("+---+---", [3, 7]),
        ("-----", []),  # it was never there
        ("", []),
    ],
)
def test_uptime(pattern: str, alerts: list[int]) -> None:
    assert probes(Uptime(failures=3), pattern)[1] == alerts


@pytest.mark.parametrize(
    ("pattern", "alerts"),
    [
        ("+-+-+-", [5]),  # three of the last five
        ("+-++-+-", []),
        ("+---", [3]),
        ("+----+-+--+---", [3]),  # it flaps, and is never called well
        ("+---+++---", [3, 9]),  # three of four: well again
        ("+---++-+---", [3, 10]),
    ],
)
def test_one_that_flaps_is_called_dead_by_some_and_well_by_others(pattern: str, alerts: list[int]) -> None:
    assert probes(Uptime(failures=3, of=5, passes=3, passes_of=4), pattern)[1] == alerts


@given(st.text("+-", max_size=60), st.integers(2, 4), st.integers(0, 3), st.integers(1, 3), st.integers(0, 3))
def test_between_two_alerts_it_was_well(pattern: str, failures: int, more: int, passes: int, others: int) -> None:
    uptime = Uptime(failures=failures, of=failures + more, passes=passes, passes_of=passes + others)
    alerts = probes(uptime, pattern)[1]
    for before, after in pairwise(alerts):
        assert pattern[before + 1 : after].count("+") >= passes
    for alert in alerts:
        assert pattern[max(0, alert + 1 - failures - more) : alert + 1].count("-") >= failures
        assert "+" in pattern[:alert]


def test_what_a_monitor_calls_it() -> None:
    calls = [
        probes(Uptime(failures=2, passes=2), pattern)[0].health for pattern in ("", "+", "+-", "+--", "+--+", "--")
    ]
    assert calls == ["unsure", "well", "unsure", "dead", "dead", "dead"]


def test_an_alert_of_some_failures_says_so() -> None:
    uptime = Uptime(failures=2, of=3)
    for index, ok in enumerate((True, False, True, False)):
        uptime, alert = uptime.after(ok, "refused", NOON + timedelta(seconds=index))
    assert alert is not None
    assert alert.sentence == "2 of 3 probes failed, the last one so: refused."
    assert alert.detected_at == NOON + timedelta(seconds=1)


def test_an_alert_says_when_it_began() -> None:
    uptime = Uptime(failures=2, last_healthy=NOON)
    uptime, _ = uptime.after(False, "refused", NOON + timedelta(seconds=1))
    _, alert = uptime.after(False, "refused", NOON + timedelta(seconds=2))
    assert alert is not None
    assert alert.detected_at == NOON + timedelta(seconds=1)
    assert alert.alerted_at == NOON + timedelta(seconds=2)
    assert alert.last_seen_healthy == NOON
    assert "2 probes in a row failed" in alert.sentence


def test_an_alert_nobody_took_is_given_again() -> None:
    uptime, _ = probes(Uptime(failures=3), "+---")
    _, alert = uptime.not_delivered().after(False, "no answer", NOON)
    assert alert is not None


def moments(*seconds: int) -> list[tuple[str, datetime]]:
    return [(str(second), NOON + timedelta(seconds=second)) for second in seconds]


def test_loss_is_measured_from_the_newest_lost_write() -> None:
    loss = loss_by_witness(moments(1, 2, 3, 4, 9), {"1", "2"}, NOON + timedelta(seconds=1))
    assert (loss.orders_before, loss.orders_recovered, loss.lost) == (5, 2, 3)
    assert loss.rpo_seconds == 7
    assert loss.newest_lost_at == NOON + timedelta(seconds=9)


def test_nothing_lost_is_zero() -> None:
    assert loss_by_witness(moments(1, 2), {"1", "2"}, NOON).rpo_seconds == 0
    assert loss_by_witness([], set(), NOON).rpo_seconds == 0


def test_all_lost_counts_from_the_snapshot() -> None:
    assert loss_by_witness(moments(5), set(), NOON).rpo_seconds == 5


def test_without_a_witness_the_clock_says_the_most() -> None:
    loss = loss_by_clock(NOON, NOON + timedelta(minutes=7))
    assert loss.rpo_seconds == 420
    assert "no witness" in loss.method


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("1h30m", 5400), ("7d", 604800), ("500ms", 0.5), ("1.5h", 5400)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "15", "15 m", "-5m", "0s", "m15", 15, None, "1h foo"])
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match=r"not a duration|greater than zero"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 s"), (12.34, "12.3 s"), (245, "4 min 05 s"), (7620, "2 h 07 min")]
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert say_duration(seconds) == words
