"""What may be decided with a fence proved, not proved, or overruled by a person."""

import pytest

from recovery.errors import Refused
from recovery.fencing import judge_fence, may_promote


@pytest.mark.parametrize(
    ("proved", "reason", "verdict", "words"),
    [
        (True, None, "go", "the standby may take writes"),
        (True, "why not", "go", "the standby may take writes"),
        (False, None, "refuse", "The fence is not proved"),
        (False, "  ", "refuse", "The fence is not proved"),
        (False, "the building burnt down", "go", "WITHOUT proof of the fence, because: the building burnt down"),
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
