"""Rotates the secrets that the old site knew, and shows for each that the old one is refused."""

from datetime import timedelta

from blocks.secrets.kind import RotatingSecret, RotationProof
from recovery.decision import Decision, done, go
from recovery.errors import RecoveryError, Unreachable
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.resume import keeps
from recovery.secret_rotation import judge_rotations
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    """Rotating twice in one incident makes one new secret, so it need not be asked whether it was done."""
    named = _named(run)
    if not named:
        said = "WARNING: the plan names no secret, so NONE is rotated: one that was stolen opens the new site too."
        return done(said, rotated=[])
    return go(f"Rotating {', '.join(named)}.", secrets=list(named))


def still(run: Run, before: Outcome) -> Decision:
    return keeps(before)


@verb(
    "rotate secrets",
    look=look,
    still=still,
    timeout=timedelta(minutes=30),
    retries=2,
    undo="Not at all: the old secrets are known to others.",
)
def rotate_secrets(run: Run, seen: Decision) -> Outcome:
    """Before the standby takes its first write, so that no stolen secret ever opens it."""
    proofs = {name: _rotate(run, name) for name in _named(run)}
    judged = judge_rotations(proofs, run.break_glass).or_refuse()
    evidence = [sentence for proof in proofs.values() for sentence in proof.evidence]
    shown = {name: proof.model_dump(mode="json") for name, proof in proofs.items()}
    return did(judged.sentence, **judged.facts, evidence=evidence, secrets=shown)


def _rotate(run: Run, name: str) -> RotationProof:
    secret = run.block(name, RotatingSecret)  # type: ignore[type-abstract]
    try:
        secret.rotate(run.incident)
    except RecoveryError as error:
        if isinstance(error, Unreachable) and not run.break_glass:
            raise  # it is tried again
        return RotationProof(proved=False, method=name, evidence=(error.what.rstrip("."),), at=now())
    return secret.prove(run.incident)


def _named(run: Run) -> tuple[str, ...]:
    return run.plan.ransomware.secrets if run.plan.ransomware else ()
