"""Puts a signed record into the vault that this backup was restored and proved equal to its source."""

from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, backup: str, proofs: list[Outcome], seconds: float) -> Decision:
    return go(f"Recording that {backup} was proved: {len(proofs)} component(s).")


@verb("record verification", look=look, retries=2)
def record_verification(run: Run, backup: str, proofs: list[Outcome], seconds: float, seen: Decision) -> Outcome:
    """From here on a failover may restore this backup."""
    store = run.backups
    manifest = store.manifest(run.plan.application, backup)
    sentences = {outcome.facts["part"]: outcome.sentence for outcome in proofs}
    store.attest(manifest, sentences, "proved equal", seconds)
    return did(f"Backup {backup} is proved equal to its source.", backup=backup, seconds=seconds)
