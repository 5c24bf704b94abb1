"""Decides whether the primary is cut off well enough for a second copy to take writes."""

from collections.abc import Mapping
from datetime import datetime

from recovery.decision import Decision, done, go, refuse
from recovery.model import Frozen

_REMEDY = (
    "Cut the primary off by hand (power, network, or its database's own settings) and run again. "
    "Only if you are certain that nothing can write to it: --break-glass REASON."
)


class FenceProof(Frozen):
    """Whether writes can still reach the primary, and how that is known.

    Args:
        proved: the fence holds, and this was shown.
        method: the kind of fence.
        evidence: one sentence a check, each with what was tried and what came of it.
        at: when.
        cuts_writes: it keeps writes from the primary by itself. A bare lease does not: it only tells who may write.
        token: the number of a lease, which only grows.
    """

    proved: bool
    method: str
    evidence: tuple[str, ...]
    at: datetime
    cuts_writes: bool = True
    token: int | None = None

    @property
    def sentence(self) -> str:
        return f"{'Fenced' if self.proved else 'NOT fenced'} by {self.method}: {'; '.join(self.evidence)}."


def judge_fences(proofs: Mapping[str, FenceProof], break_glass: str | None) -> Decision:
    """Whether the recovery may go on after the fences were raised. One that cuts writes, proved, is enough.

    Args:
        proofs: fence to what it showed, every fence of the plan.
        break_glass: a person's reason to go on without a proof, or None.
    """
    enough = [name for name, proof in proofs.items() if proof.proved and proof.cuts_writes]
    said = " ".join(proof.sentence for proof in proofs.values())
    if enough:
        others = [name for name in proofs if name not in enough]
        counts = f" What counts is {_listed(enough)}; {_listed(others)} alone would not do." if others else ""
        return done(f"{said}{counts}", proved=True, by=enough)
    if tokens := [name for name, proof in proofs.items() if proof.proved]:
        said = f"{_listed(tokens)} only says who may write, and stops nobody. {said}"
    return judge_fence(False, said, break_glass)


def judge_fence(proved: bool, evidence: str, break_glass: str | None) -> Decision:
    """Whether the recovery may go on after the fence was raised.

    Args:
        proved: no write can reach the primary, and this was shown.
        evidence: what was tried and what came of it.
        break_glass: a person's reason to go on without a proof, or None.
    """
    if proved:
        return done(evidence, proved=True)
    if break_glass and break_glass.strip():
        reason = break_glass.strip()
        return go(f"Going on WITHOUT proof of the fence, because: {reason} ({evidence})", proved=False, reason=reason)
    return refuse(f"The fence is not proved, so writes may still reach the primary. {evidence}", _REMEDY, proved=False)


def may_promote(proved: bool, evidence: str, break_glass: str | None) -> Decision:
    """Whether the standby may take writes. Two sites that do lose orders for good, so a proof is demanded.

    Args:
        proved: no write can reach the primary, and this was shown.
        evidence: what was tried and what came of it.
        break_glass: a person's reason to go on without a proof, or None.
    """
    judged = judge_fence(proved, evidence, break_glass)
    if judged.verdict == "refuse":
        return judged
    sentence = "The primary is fenced: the standby may take writes." if proved else judged.sentence
    return go(sentence, **judged.facts)


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
