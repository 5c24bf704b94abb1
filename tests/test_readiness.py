"""Whether an application could be recovered right now: every verdict by its sentence."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from recovery.fleet import Standing
from recovery.forecast import forecast
from recovery.forecast_steps import Measured
from recovery.readiness import (
    Check,
    Readiness,
    changed,
    judge_backup,
    judge_certificate,
    judge_dns,
    judge_forecast,
    judge_infrastructure,
)
from recovery.readiness_page import render_readiness
from recovery.terraform import Changes

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_backup() -> None:
    green = judge_backup(Standing(application="shop", state="green", why="", newest_proved="b-1"))
    assert (green.state, green.sentence) == ("ready", "The newest proved backup, b-1, is within the objective.")
    stale = judge_backup(Standing(application="shop", state="stale", why="It is old.", alert="shop: not recoverable."))
    assert (stale.state, stale.sentence) == ("not ready", "shop: not recoverable.")


@pytest.mark.parametrize(
    ("changes", "strategy", "allowed", "state", "sentence"),
    [
        (Changes(), "pilot-light", True, "ready", "The standby is as its code says."),
        (Changes(create=("a", "b")), "backup-restore", True, "ready", "The standby can be built: 2 to create."),
        (Changes(create=("a",)), "pilot-light", True, "warning", "The standby has drifted from its code: 1 to create."),
        (Changes(update=("a",)), "backup-restore", True, "warning", "drifted from its code: 1 to update."),
        (Changes(destroy=("a",)), "pilot-light", False, "not ready", "It would destroy a."),
    ],
)
def test_infrastructure(changes: Changes, strategy: str, allowed: bool, state: str, sentence: str) -> None:
    check = judge_infrastructure(changes, strategy, allowed, "It would destroy a.")
    assert check.state == state
    assert sentence in check.sentence


@pytest.mark.parametrize(
    ("ttl", "answers", "state", "sentence"),
    [
        (None, {}, "not ready", "There is no record shop.test."),
        (300, {"ns": ("10.0.0.1",)}, "warning", "may keep shop.test for 300 s, longer than the 30 s of the plan."),
        (30, {"ns": ("10.0.0.1",), "resolver": ()}, "warning", "resolver did not answer for shop.test."),
        (30, {"ns": ("10.0.0.1",)}, "ready", "shop.test is answered by 1 servers, TTL 30 s."),
    ],
)
def test_dns(ttl: int | None, answers: dict[str, tuple[str, ...]], state: str, sentence: str) -> None:
    check = judge_dns("shop.test", ttl, timedelta(seconds=30), answers)
    assert check.state == state
    assert sentence in check.sentence


@pytest.mark.parametrize(("days", "state"), [(-1, "not ready"), (3, "warning"), (40, "ready")])
def test_certificate(days: int, state: str) -> None:
    check = judge_certificate("shop.test", NOON + timedelta(days=days), NOON, timedelta(days=14))
    assert check.state == state
    assert ("It should last 14 days at least" in check.sentence) == (state == "warning")


def test_forecast() -> None:
    steps = (Measured(name="slow", after=(), seconds=(100.0,)), Measured(name="new", after=("slow",), assumed=1.0))
    late = judge_forecast(forecast(steps, 60.0, Random(1), runs=50))
    assert (late.state, late.remedy) == ("warning", "Shorten “slow” first.")
    assert late.sentence.endswith("Never measured: new.")
    assert judge_forecast(forecast(steps, 600.0, Random(1), runs=50)).state == "ready"


def found(*states: str) -> Readiness:
    checks = tuple(
        Check.model_validate({"name": f"c{n}", "state": s, "sentence": f"S{n}|."}) for n, s in enumerate(states)
    )
    return Readiness(application="shop", at=NOON, checks=checks)


@pytest.mark.parametrize(
    ("states", "state", "sentence"),
    [
        (("ready", "ready"), "ready", "shop is ready for a recovery: all 2 checks passed."),
        (("ready", "warning"), "warning", "shop is ready, with warnings: S1|."),
        (("warning", "not ready"), "not ready", "shop is NOT ready for a recovery: S1|."),
    ],
)
def test_the_worst_check_decides(states: tuple[str, ...], state: str, sentence: str) -> None:
    assert found(*states).state == state
    assert found(*states).sentence == sentence


def test_the_page_has_what_is_wrong_first() -> None:
    page = render_readiness(found("ready", "not ready", "warning"))
    rows = [row.split(" | ")[0] for row in page.splitlines() if row.startswith("| c")]
    assert rows == ["| c1", "| c2", "| c0"]
    assert "S1\\|." in page


def test_people_hear_of_what_changed() -> None:
    assert changed(None, found("ready")) == []
    assert changed(None, found("warning")) == ["c0: ready → warning. S0|."]
    assert changed(found("warning"), found("warning")) == []
    assert changed(found("not ready"), found("ready")) == ["c0: not ready → ready. S0|."]
