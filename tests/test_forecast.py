"""The recovery time that is to be expected, from what was measured."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from plan_fixtures import SHOP

from recovery.forecast import forecast, say_outcome
from recovery.forecast_page import render_forecast
from recovery.forecast_steps import Measured, steps_of
from recovery.journal import Line
from recovery.plan_file import read_plan
from tasks.foresee import foresee_and_keep, foreseen

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CHAIN = (
    Measured(name="first", after=(), seconds=(10.0, 20.0, 30.0)),
    Measured(name="long", after=("first",), seconds=(100.0,)),
    Measured(name="short", after=("first",), seconds=(50.0,)),
    Measured(name="last", after=("long", "short"), assumed=10.0),
)


def play(steps: tuple[Measured, ...], objective: float = 200.0) -> object:
    return forecast(steps, objective, Random(7), runs=2_000)


def test_the_slower_of_two_at_once_decides() -> None:
    found = forecast(CHAIN, 200.0, Random(7), runs=2_000)
    assert 115 < found.p50 < 145
    assert found.p50 < found.p95 <= 145
    assert (found.within, found.stuck) == (1.0, 0.0)
    assert found.path == (("first", 20.0), ("long", 100.0), ("last", 10.0))
    assert [(each.step, each.seconds) for each in found.helps] == [("long", 50.0), ("first", 20.0), ("last", 10.0)]
    assert found.unmeasured == ("last",)
    assert "within the objective of 3 min 20 s" in found.sentence
    assert "NOT within" in forecast(CHAIN, 100.0, Random(7), runs=2_000).sentence


def test_the_same_dice_tell_the_same() -> None:
    assert play(CHAIN) == play(CHAIN)


def test_what_failed_before_may_fail_again() -> None:
    flaky = Measured(name="flaky", after=(), seconds=(10.0,) * 8, failed=(5.0,) * 2)
    found = forecast((flaky,), 15.0, Random(7), runs=5_000)
    assert flaky.failure_rate == pytest.approx(3 / 12)
    assert 0.70 < found.within < 0.80, "whoever needs a second attempt is late"
    assert 0.005 < found.stuck < 0.03, "three times in a row"
    assert found.p95 > 15


def test_nothing_measured_at_all_is_said() -> None:
    steps = steps_of(read_plan(SHOP), [])
    found = forecast(steps, 60.0, Random(7), runs=200)
    assert set(found.unmeasured) >= {"restore database", "apply Terraform", "detection"}
    text = render_forecast("shop", found)
    assert "NOT within the objective" in text
    assert "Never measured, so assumed: detection" in text


def test_how_it_came_out() -> None:
    found = forecast(CHAIN, 200.0, Random(7), runs=500)
    assert "half were expected" in say_outcome(found, found.p50 - 1)
    assert "as expected" in say_outcome(found, found.p95)
    assert "longer than was expected" in say_outcome(found, found.p95 + 1)


def journal(playbook: str, *steps: tuple[str, str, str, float], dry_run: bool = False) -> list[Line]:
    """Lines, one a second: kind, step, the mark's own moment or nothing, and how long the step took."""
    lines = [Line(number=0, at=NOON, kind="opened", step=playbook, sentence="", data={"dry_run": dry_run}, before="")]
    for number, (kind, step, at, seconds) in enumerate(steps, 1):
        data = {"at": at} if at else {}
        moment = lines[-1].at + timedelta(seconds=seconds)
        fields = {
            "number": number,
            "at": moment,
            "kind": kind,
            "step": step,
            "sentence": "",
            "data": data,
            "before": "",
        }
        lines.append(Line.model_validate(fields | {"seconds": seconds if kind in ("outcome", "failure") else None}))
    return lines


def test_history_counts_what_was_done_for_real(tmp_path: Path) -> None:
    plan = read_plan(SHOP)
    real = journal(
        "failover",
        ("mark", "alerted", "2026-01-01T11:59:58+00:00", 0),
        ("mark", "started", "2026-01-01T12:00:00+00:00", 0),
        ("intent", "fence primary", "", 0),
        ("failure", "fence primary", "", 3),
        ("intent", "fence primary", "", 0),
        ("outcome", "fence primary", "", 4),
        ("intent", "restore database", "", 0),
        ("outcome", "restore database", "", 9),
    )
    verified = journal(
        "verify",
        ("intent", "restore database", "", 0),
        ("outcome", "restore database", "", 7),
        ("intent", "choose backup", "", 0),
        ("outcome", "choose backup", "", 50),
    )
    rehearsal = journal("failover", ("outcome", "fence primary", "", 99), dry_run=True)
    steps = {step.name: step for step in steps_of(plan, [verified, rehearsal, real, []])}
    assert steps["restore database"].seconds == (7.0, 9.0)
    assert (steps["fence primary"].seconds, steps["fence primary"].failed) == ((4.0,), (3.0,))
    assert steps["start of the run"].seconds == (2.0,)
    assert steps["choose backup"].seconds == ()
    assert steps["restore uploads"].after == ("fence primary",)


def test_each_strategy_has_its_own_steps() -> None:
    plan = read_plan(SHOP)
    part = plan.components["database"].model_copy(update={"replica": "postgresql-replica/shop"})
    after = plan.components["uploads"].model_copy(update={"after": ("database",)})
    warm = plan.model_copy(update={"components": {"database": part, "uploads": after}})
    steps = {step.name: step for step in steps_of(warm, [])}
    assert steps["catch up database"].assumed < steps["restore uploads"].assumed
    assert steps["restore uploads"].after == ("fence primary",), "what a replica has is there already"
    assert "catch up database" in steps["measure data loss"].after
    both = steps_of(plan.model_copy(update={"strategy": "active-active"}), [])
    assert [step.name for step in both][-3:] == ["take site out", "fence site", "probe rotation"]
    assert [step.after for step in both] == [(), *((step.name,) for step in both[:-1])]


def test_what_was_foreseen_is_kept_for_the_same_objective(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFEBOAT_HOME", str(tmp_path))
    plan = read_plan(SHOP)
    assert foreseen(plan) is None
    kept = foresee_and_keep(plan, runs=50)
    assert foreseen(plan) == kept
    shorter = plan.objectives.model_copy(update={"rto": timedelta(seconds=1)})
    assert foreseen(plan.model_copy(update={"objectives": shorter})) is None
    (tmp_path / "forecasts" / "shop.json").write_text("{")
    assert foreseen(plan) is None
