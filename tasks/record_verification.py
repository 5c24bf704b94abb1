"""Puts a signed record into the vault: this backup was restored and proved equal to its source, or was not."""

from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, backup: str, proofs: list[Outcome], seconds: float, problem: str | None) -> Decision:
    came = "it failed" if problem else f"{len(proofs)} component(s) were proved"
    return go(f"Recording the verification of {backup}: {came}.", backup=backup)


@verb("record verification", look=look, retries=2)
def record_verification(
    run: Run, backup: str, proofs: list[Outcome], seconds: float, problem: str | None, seen: Decision
) -> Outcome:
    """After a success a failover may restore this backup; after a failure it passes it over."""
    store = run.backups
    manifest = store.manifest(run.plan.application, backup)
    sentences = {str(outcome.facts["part"]): outcome.sentence for outcome in proofs}
    store.attest(manifest, sentences, "restored" if problem else "proved equal", seconds, problem=problem)
    sentence = f"Backup {backup} must not be used: {problem}" if problem else f"Backup {backup} is proved."
    return did(sentence, backup=backup, seconds=round(seconds, 3))
