"""Many applications: who is begun when, and whom a failure holds back."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from plan_fixtures import SHOP, TEXT

from flows import failover_many as many
from recovery.errors import NotProved, Refused
from recovery.plan import Plan
from recovery.plan_file import read_plan
from recovery.waves import Recovered, check_needs, held_back, next_to_begin

SHOP_PLAN = read_plan(SHOP)


def plans(**of: tuple[int, tuple[str, ...]]) -> dict[str, Plan]:
    return {
        name: SHOP_PLAN.model_copy(update={"application": name, "tier": tier, "needs": needs})
        for name, (tier, needs) in of.items()
    }


def ended(name: str, state: Any = "recovered") -> Recovered:
    return Recovered(application=name, tier=1, state=state, sentence="So it is.")


FLEET = plans(shop=(1, ("login", "mail")), login=(0, ()), mail=(2, ()), wiki=(3, ("shop",)), ads=(1, ()))


def test_the_most_urgent_first_and_none_before_what_it_needs() -> None:
    assert next_to_begin(FLEET, (), {}) == ("login", "ads", "mail")
    assert next_to_begin(FLEET, ("ads",), {"login": ended("login")}) == ("mail",)
    both = {"login": ended("login"), "mail": ended("mail", "nothing to do")}
    assert next_to_begin(FLEET, ("ads",), both) == ("shop",)


def test_what_is_needed_and_not_among_them_is_taken_to_run() -> None:
    assert next_to_begin(plans(shop=(1, ("elsewhere",))), (), {}) == ("shop",)


def test_a_failure_holds_back_whoever_needs_it_however_far_and_nobody_else() -> None:
    back = {each.application: each.sentence for each in held_back(FLEET, {"mail": ended("mail", "failed")})}
    assert back == {
        "shop": "It needs mail, which was not recovered.",
        "wiki": "It needs shop, which was not recovered.",
    }
    assert held_back(FLEET, {"ads": ended("ads", "failed")}) == ()


def test_a_ring_is_refused_before_anything_is_begun() -> None:
    with pytest.raises(Refused, match=r"need each other: .* needs .*"):
        check_needs(plans(a=(1, ("b",)), b=(1, ("a",))))
    check_needs(FLEET)


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, plan in FLEET.items():
        text = TEXT.replace("application: shop", f"application: {name}\ntier: {plan.tier}\nneeds: {list(plan.needs)}")
        (tmp_path / f"{name}.yaml").write_text(text)
    monkeypatch.setenv("LIFEBOAT_PLANS", str(tmp_path))


class Played:
    """Stands in for the failover of one application."""

    def __init__(self, failing: str = "", at_most: int = 9) -> None:
        self.failing, self.begun, self.running, self.most = failing, list[str](), 0, 0

    async def fn(self, plan: str, **_: Any) -> str:
        self.begun.append(plan)
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        if plan == self.failing:
            raise NotProved("Its fence is not proved.")
        return f"{plan}-failover"


@pytest.mark.usefixtures("fleet")
def test_all_are_recovered_as_many_at_once_as_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    played = Played()
    monkeypatch.setattr(many, "failover", played)
    page = asyncio.run(many.failover_many.fn(at_once=2))
    assert played.begun[:2] == ["login", "ads"]
    assert played.begun.index("shop") > max(played.begun.index("login"), played.begun.index("mail"))
    assert played.begun[-1] == "wiki"
    assert played.most == 2
    assert page.splitlines()[2].startswith("| 0 | login | 🟢 recovered |")


@pytest.mark.usefixtures("fleet")
def test_one_that_fails_is_named_and_the_others_are_recovered(monkeypatch: pytest.MonkeyPatch) -> None:
    played = Played(failing="mail")
    monkeypatch.setattr(many, "failover", played)
    with pytest.raises(NotProved) as raised:
        asyncio.run(many.failover_many.fn(plans=list(FLEET)))
    assert "mail is failed: Its fence is not proved." in raised.value.what
    assert "wiki is held back: It needs shop, which was not recovered." in raised.value.what
    assert set(played.begun) == {"login", "ads", "mail"}
