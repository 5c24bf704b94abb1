"""Whether DNS may be swapped, and whether the swap has reached everybody."""

import pytest

from recovery.dns import decide_swap, drained, judge_faults

P, S = "192.0.2.10", "192.0.2.20"


@pytest.mark.parametrize(
    ("current", "verdict", "words"),
    [
        ((P,), "go", f"points at the primary, {P}: it will point at {S}"),
        ((S,), "done", f"already points at the standby, {S}"),
        (("192.0.2.99",), "refuse", "points at 192.0.2.99, not at the primary"),
        ((P, S), "refuse", "somebody changed it"),
        ((), "refuse", "points at nothing"),
        (None, "refuse", "There is no record shop.example.test"),
    ],
)
def test_swap(current: tuple[str, ...] | None, verdict: str, words: str) -> None:
    decision = decide_swap("shop.example.test", current, P, S)
    assert decision.verdict == verdict
    assert words in decision.sentence
    assert bool(decision.remedy) == (verdict == "refuse")


@pytest.mark.parametrize(
    ("answers", "verdict", "words"),
    [
        ({"a:53": (S,), "b:53": (S,)}, "done", f"All 2 servers hand out {S}"),
        ({"a:53": (S,)}, "done", f"The only server hands out {S}"),
        ({"a:53": (S,), "b:53": (P,)}, "refuse", f"b:53 answers {P}"),
        ({"a:53": (S, P)}, "refuse", f"a:53 answers {S}, {P}"),
        ({"a:53": ()}, "refuse", "a:53 does not answer"),
        ({}, "refuse", "No server was asked"),
    ],
)
def test_drain(answers: dict[str, tuple[str, ...]], verdict: str, words: str) -> None:
    decision = drained(answers, S)
    assert decision.verdict == verdict
    assert words in decision.sentence


def test_what_keeps_a_swap_from_working_is_said_beforehand() -> None:
    assert judge_faults(()).sentence == "Nothing would keep a swap from working."
    bad = judge_faults(("one record is missing", "another is wrong"))
    assert (bad.verdict, bad.sentence) == (
        "refuse",
        "A swap would not work: one record is missing; another is wrong.",
    )
    assert bad.remedy == "Mend the records, or the block, now."
