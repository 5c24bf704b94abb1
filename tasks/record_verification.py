"""Puts a signed record into the vault: this backup was restored and proved equal to its source, or was not."""

from blocks.chat.kind import Message
from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from recovery.verification import Finding
from tasks.coverage_book import CoverageBook
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, backup: str, finding: Finding, seconds: float, book: CoverageBook) -> Decision:
    came = "it failed" if finding.problem else f"{len(finding.proofs)} component(s) were proved"
    came = f"it was not finished ({finding.depth})" if finding.unfinished else came
    return go(f"Recording the verification of {backup}: {came}.", backup=backup, depth=finding.depth)


@verb("record verification", look=look, retries=2)
def record_verification(
    run: Run, backup: str, finding: Finding, seconds: float, book: CoverageBook, seen: Decision
) -> Outcome:
    """After a success a failover may restore this backup; after a failure it passes it over."""
    manifest = run.backups.manifest(run.plan.application, backup)
    clean = run.scrubber.clean
    finding = finding.model_copy(
        update={
            "problem": clean(finding.problem) if finding.problem else None,
            "unfinished": clean(finding.unfinished) if finding.unfinished else None,
            "warnings": tuple(clean(each) for each in finding.warnings),
        }
    )
    book.add(run.backups.record(manifest, finding, seconds))
    if finding.warnings:
        title = f"{run.plan.application}: look at backup {backup}"
        run.tell(Message(incident=run.incident, kind="note", title=title, lines=finding.warnings))
    return did(_say(backup, finding), backup=backup, depth=finding.depth, seconds=round(seconds, 3))


def _say(backup: str, finding: Finding) -> str:
    if finding.problem:
        kind = (
            "is suspicious, and is restored only by name"
            if finding.problem_kind == "suspicious"
            else "must not be used"
        )
        return f"Backup {backup} {kind}: {finding.problem}"
    if finding.unfinished:
        return f"Backup {backup} is {finding.depth}; it went no deeper: {finding.unfinished}"
    return f"Backup {backup} is proved ({finding.depth})."
