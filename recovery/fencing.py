"""Decides whether the primary is cut off well enough for a second copy to take writes."""

from recovery.decision import Decision, done, go, refuse

_REMEDY = (
    "Cut the primary off by hand (power, network, or its database's own settings) and run again. "
    "Only if you are certain that nothing can write to it: --break-glass REASON."
)


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
