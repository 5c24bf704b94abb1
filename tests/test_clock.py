"""The RTO clock: right on known journals, and sound on any."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_fixtures import NOON, STORIES, Story, dry, killed, long, recovered, side_by_side, unhealthy

from recovery.clock import Clock
from recovery.clock_objectives import say
from recovery.errors import Missing
from recovery.journal import Line

STEPS = ("restore database", "apply Terraform", "approve", "write report", "probe DNS")
ENDS = ("outcome", "failure", "refused", "found-done", "would")


@st.composite
def journals(draw: st.DrawFn) -> tuple[Line, ...]:
    """Any lines in any order, with clocks that go back, stopwatches that are wrong, and ends without beginnings."""
    seconds, lines = 0.0, list[Line]()
    for number in range(draw(st.integers(1, 25))):
        seconds += draw(st.floats(-5, 40))
        kind = draw(st.sampled_from(("intent", "intent", "opened", "mark", "closed", *ENDS)))
        data: dict[str, Any] = {}
        name = draw(st.sampled_from(STEPS))
        took = draw(st.none() | st.floats(0, 100)) if kind in ENDS else None
        if kind == "mark":
            name = draw(st.sampled_from(("last seen healthy", "detected", "started", "healthy", "data loss")))
            at = (NOON + timedelta(seconds=seconds + draw(st.floats(-60, 5)))).isoformat()
            data = {"at": draw(st.sampled_from((at, "no time", None))), "rpo_seconds": 1.5}
        lines.append(
            Line(
                number=number,
                at=NOON + timedelta(seconds=seconds),
                kind="opened" if number == 0 else kind,
                step="failover" if number == 0 or kind in ("opened", "closed") else name,
                sentence="",
                seconds=took,
                data={"plan": {"rto_seconds": 60, "rpo_seconds": 1}} if number == 0 else data,
                before="",
            )
        )
    return tuple(lines)


def check(clock: Clock) -> None:
    """What holds of every clock."""
    for span in clock.spans:
        assert 0 <= span.start <= span.end <= clock.total + 1e-6
    for lane in {span.lane for span in clock.spans}:
        mine = sorted((span for span in clock.spans if span.lane == lane), key=lambda span: (span.start, span.end))
        assert all(one.end <= two.start for one, two in pairwise(mine))
    assert sum(part.seconds for part in clock.path) == pytest.approx(clock.elapsed, abs=1e-4)
    assert all(
        one.end == pytest.approx(two.start, abs=1e-5) for one, two in zip(clock.path, clock.path[1:], strict=False)
    )
    if clock.elapsed:
        assert sum(part.share for part in clock.path) == pytest.approx(1, abs=1e-4)
    assert sum(part.seconds for part in clock.idle) + busy(clock) == pytest.approx(clock.elapsed, abs=1e-4)
    assert all(moment.since_before >= 0 for moment in clock.moments)
    if clock.moments:
        total = sum(moment.since_before for moment in clock.moments)
        assert total == pytest.approx(clock.moments[-1].since_outage, abs=1e-4)


def busy(clock: Clock) -> float:
    """Seconds up to the end of the recovery in which some step ran, counted a second way: between all edges."""
    edges = sorted({min(edge, clock.elapsed) for span in clock.spans for edge in (span.start, span.end)})
    return sum(
        two - one for one, two in pairwise(edges) if any(span.start <= one and span.end >= two for span in clock.spans)
    )


@settings(max_examples=300, deadline=None)
@given(journals())
def test_any_journal_is_sound(lines: tuple[Line, ...]) -> None:
    check(Clock.of(lines))


@pytest.mark.parametrize("name", STORIES)
def test_every_prefix_of_every_story_is_sound(tmp_path: Path, name: str) -> None:
    lines = STORIES[name](tmp_path / "journal.jsonl").lines
    for length in range(1, len(lines) + 1):
        check(Clock.of(lines[:length]))


def test_an_empty_journal_is_an_error() -> None:
    with pytest.raises(Missing, match="empty"):
        Clock.of(())


def test_a_recovery_is_timed_from_the_last_sign_of_life(tmp_path: Path) -> None:
    clock = Clock.of(recovered(tmp_path / "j").lines)
    assert clock.ending == "recovered"
    assert clock.began == NOON and "last time the application was seen healthy" in clock.basis
    assert clock.rto.seconds == pytest.approx(34.66) and clock.rto.met
    assert clock.rto.sentence == "Recovered in 34.7 s of 15 min allowed."
    assert clock.rpo.seconds == 3.1 and clock.rpo.sentence == "3.1 s of data lost of 1 h allowed."


def test_the_critical_path_goes_through_the_slower_of_two_parallel_steps(tmp_path: Path) -> None:
    clock = Clock.of(recovered(tmp_path / "j").lines)
    names = [part.name for part in clock.path]
    assert "apply Terraform" in names and "restore database" not in names and "choose backup" not in names
    assert names[:3] == ["until detected", "until alerted", "until started"]
    shares = {part.name: part.share for part in clock.path}
    assert shares["apply Terraform"] == pytest.approx(12.3 / 34.66, abs=0.001)


def test_parallel_steps_have_lanes_of_their_own(tmp_path: Path) -> None:
    story = Story(tmp_path / "j")
    story.open()
    side_by_side(story, 1.0)
    assert {span.step: span.lane for span in Clock.of(story.lines).spans} == {
        "restore uploads": 0,
        "restore database": 1,
        "apply Terraform": 2,
    }


def test_a_step_began_before_its_intent_by_the_time_it_looked(tmp_path: Path) -> None:
    story = Story(tmp_path / "j")
    story.open()
    story.seconds = 3.0
    story.begin("fence primary")
    story.seconds = 4.0
    story.end("fence primary", 3.5)
    (span,) = Clock.of(story.lines).spans
    assert (span.start, span.seconds) == (pytest.approx(0.5), pytest.approx(3.5))


def test_a_stopwatch_that_runs_fast_does_not_hide_the_step_before(tmp_path: Path) -> None:
    story = Story(tmp_path / "j")
    story.open()
    story.step("restore database", 10.0)
    story.begin("promote standby")
    story.seconds += 20.0
    story.end("promote standby", 20.012)
    assert [part.name for part in Clock.of(story.lines).path] == ["restore database", "promote standby"]


def test_a_report_that_failed_undoes_no_recovery(tmp_path: Path) -> None:
    story = recovered(tmp_path / "j")
    story.end("write report", 0.1, "The disk is full.", "failure")
    assert Clock.of(story.lines).ending == "recovered"


def test_retries_are_attempts_of_one_step(tmp_path: Path) -> None:
    story = Story(tmp_path / "j")
    story.open()
    story.step("swap DNS", 1.0, kind="failure", attempt=1)
    story.seconds += 2
    story.step("swap DNS", 0.5, attempt=2)
    clock = Clock.of(story.lines)
    assert [(span.attempt, span.state) for span in clock.spans] == [(1, "failed"), (2, "ok")]
    (step,) = clock.steps
    assert (step.attempts, step.state, step.seconds) == (2, "ok", pytest.approx(1.5))
    assert [(part.name, part.seconds) for part in clock.idle] == [("between steps", pytest.approx(2))]


def test_a_failed_probe_is_not_a_recovery(tmp_path: Path) -> None:
    clock = Clock.of(unhealthy(tmp_path / "j").lines)
    assert clock.ending == "failed" and clock.rto.seconds is None and clock.rto.met is None
    assert clock.rto.sentence.startswith("Not recovered")


def test_a_killed_run_is_unfinished(tmp_path: Path) -> None:
    clock = Clock.of(killed(tmp_path / "j").lines)
    assert clock.ending == "unfinished"
    assert {step.name: step.state for step in clock.steps}["restore database"] == "unfinished"


def test_a_run_resumed_after_a_failure_counts_as_recovered(tmp_path: Path) -> None:
    story = unhealthy(tmp_path / "j")
    story.write("failure", "failover", "The flow failed.")
    story.write("closed", "failover", "Stopped.")
    story.seconds += 60
    story.open()
    story.step("probe health", 1.0)
    story.mark("healthy")
    clock = Clock.of(story.lines)
    assert clock.ending == "recovered"
    assert {step.name: step.attempts for step in clock.steps}["probe health"] == 2


def test_a_dry_run_times_nothing(tmp_path: Path) -> None:
    clock = Clock.of(dry(tmp_path / "j").lines)
    assert clock.ending == "dry run" and clock.rto.seconds is None and clock.rpo.seconds is None


def test_missed_objectives_say_by_how_much(tmp_path: Path) -> None:
    clock = Clock.of(long(tmp_path / "j").lines)
    assert clock.rto.met is False and clock.rto.sentence == "Recovered in 8 h of 1 h allowed, 7 h too long."
    assert clock.rpo.met is False and clock.rpo.share == pytest.approx(1.55)
    assert max(clock.path, key=lambda part: part.seconds).name == "approve"


def test_a_clock_set_back_is_told(tmp_path: Path) -> None:
    story = Story(tmp_path / "j")
    story.seconds = 100
    story.open()
    story.seconds = 40
    story.step("declare incident", 1.0)
    clock = Clock.of(story.lines)
    assert clock.notes and "went back by 60.000 s" in clock.notes[0]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (0.04, "40 ms"), (3, "3 s"), (59.97, "1 min"), (119.9999, "2 min"), (900, "15 min"), (3600, "1 h")],
)
def test_durations_are_said_shortly(seconds: float, said: str) -> None:
    assert say(seconds) == said
