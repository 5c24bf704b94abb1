"""Every sentence about sites that all serve: which is taken out, which is put back, and whether everybody knows."""

from collections.abc import Mapping
from typing import Any

import pytest

from recovery.active import decide_active
from recovery.rotation import LOOKS, Shares, decide_put_back, decide_take_out, in_for_all, out_for_all

A, B = "192.0.2.10", "192.0.2.20"
SITES: Mapping[Any, str] = {"primary": A, "standby": B}


def shares(**weights: int) -> Shares:
    named = {"a": A, "b": B, "c": "192.0.2.99"}
    return Shares(name="shop.test", weights={named[name]: weight for name, weight in weights.items()}, ttl=5)


@pytest.mark.parametrize(
    ("held", "up", "insisted", "verdict", "site", "words"),
    [
        (
            shares(a=1, b=1),
            "b",
            False,
            "go",
            "primary",
            f"primary, {A}, does not answer: taking it out; {B} stays on",
        ),
        (shares(a=1, b=1), "a", False, "go", "standby", f"The standby, {B}, does not answer: taking it out; {A} stays"),
        (shares(a=1, b=1), "a", True, "go", "standby", "The standby"),
        (shares(a=1, b=1), "ab", True, "go", "primary", "answers, but the operator insists: taking it out"),
        (shares(a=1, b=1), "ab", False, "refuse", None, "Both sites answer"),
        (shares(a=1, b=1), "", True, "refuse", None, "No site answers"),
        (shares(a=0, b=1), "b", False, "done", "primary", "is out of the rotation of shop.test already"),
        (shares(b=1), "b", False, "done", "primary", "is out of the rotation of shop.test already"),
        (shares(a=1, b=0), "b", False, "refuse", None, "is the last one in the rotation of shop.test: at least one"),
        (shares(a=1), "b", False, "refuse", None, "is the last one"),
        (shares(a=1, b=1, c=1), "b", False, "refuse", None, "192.0.2.99, which is no site of this plan"),
        (shares(a=1, b=1, c=0), "b", False, "go", "primary", f"{B} stays on."),
        (None, "b", False, "refuse", None, "There is no such record"),
    ],
)
def test_which_site_is_taken_out(
    held: Shares | None, up: str, insisted: bool, verdict: str, site: str | None, words: str
) -> None:
    decision = decide_take_out(held, SITES, {"primary": "a" in up, "standby": "b" in up}, insisted)
    assert (decision.verdict, decision.facts.get("site")) == (verdict, site)
    assert words in decision.sentence
    assert bool(decision.remedy) == (verdict == "refuse")


@pytest.mark.parametrize(
    ("held", "verdict", "site", "words"),
    [
        (shares(a=0, b=1), "go", "primary", f"The primary, {A}, is out of the rotation of shop.test"),
        (shares(a=1), "go", "standby", f"The standby, {B}, is out"),
        (shares(a=1, b=9), "done", None, "Both sites are in the rotation of shop.test."),
        (shares(a=0, b=0), "refuse", None, "No site is in the rotation"),
        (shares(c=1), "refuse", None, "no site of this plan"),
        (None, "refuse", None, "There is no such record"),
    ],
)
def test_which_site_is_put_back(held: Shares | None, verdict: str, site: str | None, words: str) -> None:
    decision = decide_put_back(held, SITES)
    assert (decision.verdict, decision.facts.get("site")) == (verdict, site)
    assert words in decision.sentence


CLEAN: dict[str, tuple[str, ...]] = {"ns:53": (B,), "resolver:53": (B,)}


@pytest.mark.parametrize(
    ("looks", "verdict", "words"),
    [
        ([CLEAN] * LOOKS, "done", f"2 servers were asked {LOOKS} times each, and none hands out {A}."),
        ([CLEAN] * (LOOKS - 1), "refuse", f"Asked {LOOKS - 1} of {LOOKS} times so far."),
        ([{**CLEAN, "ns:53": (A,)}, *[CLEAN] * (LOOKS - 1)], "refuse", f"ns:53 hands out {A}."),
        ([{**CLEAN, "ns:53": (B, A)}] * LOOKS, "refuse", f"ns:53 hands out {A}."),
        ([*[CLEAN] * (LOOKS - 1), {**CLEAN, "resolver:53": ()}], "refuse", "resolver:53 does not answer."),
        ([], "refuse", "No server was asked."),
        ([{}], "refuse", "No server was asked."),
    ],
)
def test_whether_it_is_out_for_everybody(looks: list[dict[str, tuple[str, ...]]], verdict: str, words: str) -> None:
    decision = out_for_all(looks, A)
    assert decision.verdict == verdict
    assert words in decision.sentence


@pytest.mark.parametrize(
    ("looks", "late", "verdict", "words"),
    [
        ([CLEAN, {"ns:53": (A,), "resolver:53": (B,)}, {"ns:53": (B,), "resolver:53": (A,)}], False, "done", "2 of 2"),
        ([CLEAN, {"ns:53": (A,), "resolver:53": (B,)}], False, "refuse", "1 of 2 servers were seen"),
        ([CLEAN, {"ns:53": (A,), "resolver:53": (B,)}], True, "done", "1 of 2 servers were seen"),
        ([CLEAN], True, "refuse", "0 of 2 servers"),
        ([], True, "refuse", "0 of 0 servers"),
    ],
)
def test_whether_it_is_back(looks: list[dict[str, tuple[str, ...]]], late: bool, verdict: str, words: str) -> None:
    decision = in_for_all(looks, A, late)
    assert decision.verdict == verdict
    assert words in decision.sentence


@pytest.mark.parametrize(
    ("values", "site"), [((A, B), "primary"), ((B, A), "primary"), ((B,), "standby"), ((A,), "primary")]
)
def test_whose_data_is_backed_up_while_both_serve(values: tuple[str, ...], site: str) -> None:
    assert decide_active(values, A, B).facts["site"] == site
