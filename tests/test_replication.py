"""Every sentence about replicas: whether one may be promoted, how far it lies behind, and what it is afterwards."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recovery.outcome import Outcome
from recovery.replica_state import Acceptance, Lag, ReplicaState, position
from recovery.replication import decide_follow, decide_lag, decide_replayed, judge_promotion, promoted

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HERE, THERE = "postgresql://standby:5432/shop", "postgresql://primary:5432/shop"
TAKEN = Acceptance(accepted=True, sentence="a write as shop went through, and was rolled back")
REFUSED = Acceptance(accepted=False, sentence="a write as shop was refused: read-only")


def state(**changes: Any) -> ReplicaState:
    usual: dict[str, Any] = {"follows": True, "streaming": True, "received": "0/30", "replayed": "0/30", "timeline": 1}
    return ReplicaState.model_validate(usual | {"newest": NOON} | changes)


def test_positions_are_numbers_and_not_texts() -> None:
    assert position("0/3000970") == 0x3000970
    assert position("1/0") == 1 << 32
    assert position("0/FF") < position("0/100") < position("A/1") < position("10/0")


@pytest.mark.parametrize(
    ("found", "source", "verdict", "words"),
    [
        (state(), THERE, "go", "has replayed up to 0/30, newest commit 2026-01-01 12:00:00 UTC, and is connected"),
        (state(streaming=False, newest=None), THERE, "go", "up to 0/30, and is not connected to its primary."),
        (state(), HERE, "refuse", "is the primary's own server"),
        (state(follows=False, timeline=3), THERE, "refuse", "takes writes of its own, on timeline 3"),
        (state(waits_for="paris"), THERE, "refuse", "would let no commit end: it waits for paris"),
    ],
)
def test_who_can_take_over(found: ReplicaState, source: str, verdict: str, words: str) -> None:
    decision = decide_follow("database", found, source, HERE)
    assert (decision.verdict, bool(decision.remedy)) == (verdict, verdict == "refuse")
    assert words in decision.sentence


@pytest.mark.parametrize(
    ("found", "until", "verdict", "words"),
    [
        (state(), None, "done", "It has replayed up to 0/30, all that it received."),
        (state(), "0/30", "done", "It has replayed up to 0/30, where its primary ended."),
        (state(received="0/40"), None, "refuse", "up to 0/30, 16 bytes short of 0/40, all that it received."),
        (state(), "1/0", "refuse", "short of 1/0, where its primary ended."),
        (state(received="0/40", replayed="0/40"), "0/30", "done", "0/40, where its primary ended."),
    ],
)
def test_what_is_left_to_replay(found: ReplicaState, until: str | None, verdict: str, words: str) -> None:
    decision = decide_replayed(found, until)
    assert decision.verdict == verdict
    assert words in decision.sentence


EXACT, UNKNOWN = Lag(seconds=90, method="3 of 50 writes are not in it"), Lag(seconds=None, method="it was just started")
OLDER, NEWER = NOON - timedelta(hours=1), NOON + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("lag", "rpo", "beyond", "backup", "glass", "verdict", "use", "words"),
    [
        (
            EXACT,
            90,
            "stop",
            None,
            None,
            "go",
            "replica",
            "1 min 30 s behind (3 of 50 writes are not in it), within",
        ),
        (EXACT, 60, "stop", NEWER, None, "refuse", None, "more than the objective of 1 min 00 s: promoting it could"),
        (EXACT, 60, "backup", NEWER, None, "go", "backup", "has newer data, and the plan says to restore it."),
        (EXACT, 60, "backup", OLDER, None, "refuse", None, "and the newest proved backup has older data: promoting"),
        (EXACT, 60, "backup", None, None, "refuse", None, "and no backup is proved: promoting"),
        (EXACT, 60, "stop", None, "the board says so", "go", "replica", "it is promoted because: the board says so."),
        (EXACT, 60, "backup", OLDER, "go on", "go", "replica", "has older data; it is promoted because: go on."),
        (EXACT, 60, "backup", NEWER, "go on", "go", "backup", "the plan says to restore it."),
        (EXACT, 60, "stop", None, " ", "refuse", None, "could lose more than was promised"),
        (UNKNOWN, 3600, "stop", None, None, "refuse", None, "cannot be told (it was just started), perhaps more than"),
        (UNKNOWN, 3600, "stop", None, "I know", "go", "replica", "it is promoted because: I know."),
    ],
)
def test_the_lag_against_the_objective(
    lag: Lag,
    rpo: int,
    beyond: Any,
    backup: datetime | None,
    glass: str | None,
    verdict: str,
    use: str | None,
    words: str,
) -> None:
    decision = decide_lag(lag, timedelta(seconds=rpo), beyond, NOON, backup, glass)
    assert (decision.verdict, decision.facts.get("use")) == (verdict, use)
    assert words in decision.sentence
    assert bool(decision.remedy) == (verdict == "refuse")


def test_any_backup_is_newer_than_a_replica_that_replayed_nothing() -> None:
    decision = decide_lag(UNKNOWN, timedelta(hours=1), "backup", None, OLDER, None)
    assert decision.facts["use"] == "backup"


@pytest.mark.parametrize(
    ("found", "write", "verdict", "words"),
    [
        (
            state(follows=False, timeline=2),
            TAKEN,
            "done",
            "own primary on timeline 2, after 1: a write as shop went",
        ),
        (state(), TAKEN, "refuse", "It still is a replica"),
        (state(follows=False, timeline=3), TAKEN, "refuse", "on timeline 3, not 2"),
        (state(follows=False, timeline=1), TAKEN, "refuse", "on timeline 1, not 2"),
        (state(follows=False, timeline=2), REFUSED, "refuse", "It takes no writes: a write as shop was refused"),
    ],
)
def test_what_a_promotion_makes_of_it(found: ReplicaState, write: Acceptance, verdict: str, words: str) -> None:
    decision = judge_promotion(1, found, write)
    assert decision.verdict == verdict
    assert words in decision.sentence


def test_only_what_is_to_be_promoted_is_promoted() -> None:
    caught = Outcome(sentence="", facts={"part": "database", "use": "replica", "timeline": 4})
    restored = Outcome(sentence="", facts={"part": "uploads", "proved": True})
    fallen_back = Outcome(sentence="", facts={"part": "ledger", "use": "backup"})
    found = [caught, restored, fallen_back]
    assert promoted(found, "database") == caught
    assert promoted(found, "uploads") is promoted(found, "ledger") is promoted(found, "other") is None
