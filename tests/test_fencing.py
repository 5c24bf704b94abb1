"""What may be decided with a fence proved, not proved, or overruled by a person; and several raised at once."""

import threading
import time
from types import SimpleNamespace

import pytest
from plan_fixtures import SHOP
from test_plan_check import change

from blocks.fences.kind import Fence
from recovery.errors import Refused, Unreachable
from recovery.fencing import FenceProof, judge_fence, judge_fences, may_promote
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.plan_file import read_plan
from recovery.plan_shape import check_shape
from tasks.fence_primary import look
from tasks.raise_fences import raise_fences

REASON = "the building burnt down"


@pytest.mark.parametrize(
    ("proved", "reason", "verdict", "words"),
    [
        (True, None, "go", "the standby may take writes"),
        (True, "why not", "go", "the standby may take writes"),
        (False, None, "refuse", "The fence is not proved"),
        (False, "  ", "refuse", "The fence is not proved"),
        (False, REASON, "go", "WITHOUT proof of the fence, because: the building burnt down"),
    ],
)
def test_promotion_demands_a_proof_or_a_persons_reason(
    proved: bool, reason: str | None, verdict: str, words: str
) -> None:
    decision = may_promote(proved, "evidence", reason)
    assert decision.verdict == verdict and words in decision.sentence
    assert decision.facts["proved"] is proved
    judged = judge_fence(proved, "evidence", reason)
    assert (judged.verdict == "refuse") == (verdict == "refuse")
    if verdict == "refuse":
        with pytest.raises(Refused, match="break-glass"):
            judged.or_refuse()


def proof(proved: bool, method: str, cuts: bool = True) -> FenceProof:
    return FenceProof(proved=proved, method=method, evidence=(f"{method} seen",), at=now(), cuts_writes=cuts)


NETWORK, NO_NETWORK = proof(True, "network"), proof(False, "network")
LEASE, NO_LEASE = proof(True, "lease", cuts=False), proof(False, "lease", cuts=False)


@pytest.mark.parametrize(
    ("proofs", "reason", "verdict", "words"),
    [
        ({"n/a": NETWORK}, None, "done", "Fenced by network: network seen."),
        ({"n/a": NETWORK, "l/a": LEASE}, None, "done", "What counts is n/a; l/a alone would not do."),
        ({"n/a": NETWORK, "l/a": NO_LEASE, "m/b": NETWORK}, None, "done", "What counts is n/a and m/b; l/a alone"),
        ({"n/a": NETWORK, "m/b": NO_NETWORK}, None, "done", "NOT fenced by network"),
        ({"n/a": NO_NETWORK}, None, "refuse", "The fence is not proved, so writes may still reach the primary."),
        ({"n/a": NO_NETWORK, "l/a": LEASE}, None, "refuse", "l/a only says who may write, and stops nobody."),
        ({"l/a": LEASE}, None, "refuse", "l/a only says who may write"),
        ({"n/a": NO_NETWORK, "l/a": LEASE}, REASON, "go", "WITHOUT proof of the fence, because: the building"),
        ({"n/a": NO_NETWORK}, " ", "refuse", "The fence is not proved"),
        ({}, None, "refuse", "The fence is not proved"),
    ],
)
def test_one_that_cuts_writes_and_is_proved_is_enough(
    proofs: dict[str, FenceProof], reason: str | None, verdict: str, words: str
) -> None:
    judged = judge_fences(proofs, reason)
    assert judged.verdict == verdict
    assert words in judged.sentence
    assert judged.facts["proved"] is (verdict == "done")
    if verdict == "go":
        assert judged.facts["reason"] == REASON


class ScriptedFence(Fence):
    """Waits for the others to be raised too, then proves what it was told to."""

    _block_type_name = "Scripted fence"
    _block_type_slug = "scripted-fence"
    proved: bool = True
    broken: bool = False
    stuck: bool = False

    def raise_fence(self) -> None:
        if self.stuck:
            LET_GO.wait(30)
        if self.broken:
            raise Unreachable("The switch is gone.")
        TOGETHER.wait(20)

    def prove(self) -> FenceProof:
        return proof(self.proved, "a switch")

    def lower(self) -> None:
        """Nothing was taken."""


TOGETHER = threading.Barrier(2)
LET_GO = threading.Event()


def test_all_are_raised_at_once_and_each_says_what_it_proved() -> None:
    proofs = raise_fences({"s/a": ScriptedFence(), "s/b": ScriptedFence(proved=False)}, 20)
    assert [each.proved for each in proofs.values()] == [True, False]


def test_one_that_breaks_or_hangs_holds_up_nobody() -> None:
    begun = time.monotonic()
    fences = {name: ScriptedFence() for name in ("s/a", "s/b")}
    fences |= {"s/broken": ScriptedFence(broken=True), "s/stuck": ScriptedFence(stuck=True)}
    try:
        proofs = raise_fences(fences, 20, grace=0.2)
    finally:
        LET_GO.set()
    assert time.monotonic() - begun < 15
    assert list(proofs) == ["s/a", "s/b", "s/broken", "s/stuck"]
    assert "could not be raised: The switch is gone" in proofs["s/broken"].sentence
    assert "still at it" in proofs["s/stuck"].sentence
    assert judge_fences(proofs, None).facts["by"] == ["s/a", "s/b"]


def test_a_plan_names_one_fence_or_several() -> None:
    one, _ = check_shape(change())
    several, _ = check_shape(change(("fence", ["lease-fence/shop", "security-group-fence/shop"])))
    assert one is not None and one.fence == ("security-group-fence/shop-primary",)
    assert several is not None and len(several.fence) == 2
    for wrong in ([], ["no block"], 5, None):
        _, found = check_shape(change(("fence", wrong)))
        assert len(found) == 1
        assert "a block" in found[0].write_instead


@pytest.mark.parametrize(
    ("backup", "reason", "verdict", "words"),
    [
        (None, None, "go", "Cutting the primary in us-east-1 off by security-group-fence/shop-primary."),
        (did("Backup b-1.", backup="b-1"), None, "go", "Cutting the primary"),
        (did("There is none."), None, "refuse", "would leave no site on (eu-west-1: There is none)."),
        (did("There is none."), REASON, "go", "Cutting the primary"),
    ],
)
def test_the_last_site_is_not_taken_off(backup: Outcome | None, reason: str | None, verdict: str, words: str) -> None:
    run = SimpleNamespace(plan=read_plan(SHOP), break_glass=reason)
    decision = look(run, backup=backup)  # type: ignore[arg-type]
    assert decision.verdict == verdict
    assert words in decision.sentence
