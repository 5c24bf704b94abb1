"""Whether secrets were rotated: the old one is refused, the new one works, and both were tried. Pure."""

from collections.abc import Mapping
from datetime import datetime

from recovery.decision import Decision, done, go, refuse
from recovery.model import Frozen


class RotationProof(Frozen):
    """What was shown of one secret.

    Args:
        proved: the old one is refused and the new one works.
        method: the kind of secret and which.
        evidence: one sentence a check, each with what was tried and what came of it. No secret in any.
        at: when.
    """

    proved: bool
    method: str
    evidence: tuple[str, ...]
    at: datetime

    @property
    def sentence(self) -> str:
        return f"{self.method} is {'rotated' if self.proved else 'NOT rotated'}: {'; '.join(self.evidence)}."


def judge_rotations(proofs: Mapping[str, RotationProof], break_glass: str | None) -> Decision:
    """Whether the recovery may go on after the secrets were rotated. Every one must be proved.

    Args:
        proofs: block to what it showed.
        break_glass: a person's reason to go on without, or None.
    """
    said = " ".join(proof.sentence for proof in proofs.values())
    failed = [name for name, proof in proofs.items() if not proof.proved]
    if not failed:
        return done(f"{len(proofs)} secret(s) are rotated. {said}", rotated=[*proofs])
    if break_glass and break_glass.strip():
        reason = break_glass.strip()
        return go(f"Going on WITHOUT {', '.join(failed)} rotated, because: {reason} ({said})", unproved=failed)
    return refuse(
        f"Not rotated: {', '.join(failed)}. A secret stolen from the old site would open the new one. {said}",
        "Mend it and run this again: what was rotated stays so. Only if it can wait: --break-glass REASON.",
    )
