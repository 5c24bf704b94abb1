"""Chooses the last clean backup, by what is on record of every newer one."""

from datetime import timedelta

from recovery.decision import Decision, go
from recovery.duration import say_duration
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.resume import keeps_promoted
from recovery.walk import Walk
from tasks.coverage_book import CoverageBook
from tasks.run import Run
from tasks.scanners import rules_of
from tasks.verb import verb
from tasks.walk_back import where_it_stands


def look(run: Run, walk: Walk, tried: dict[str, str]) -> Decision:
    """From the signed records alone."""
    book = CoverageBook(run.backups, run.plan.application, rules_of(run.plan.verification)).read()
    step = where_it_stands(run, walk, book, tried, 1.0 if run.dry_run else 0.0)
    for sentence in step.facts.get("rejected", ()):
        run.say(sentence)
    if step.verdict == "refuse":
        return step
    if step.verdict == "go":  # a dry run only: a real one walks on until there is nothing left to look at
        return go(f"A real run would begin here. {step.sentence}", **_facts(run, step))
    return go(step.sentence, **_facts(run, step))


def still(run: Run, walk: Walk, tried: dict[str, str], before: Outcome) -> Decision:
    """Before the promotion it is looked at again; after it there is nothing to choose any more."""
    return keeps_promoted(run.earlier, before)


@verb("choose backup", look=look, still=still, timeout=timedelta(minutes=5), retries=2, reads=True)
def choose_clean(run: Run, walk: Walk, tried: dict[str, str], seen: Decision) -> Outcome:
    """Takes the decision over as the backup that every later step restores from."""
    return did(seen.sentence, **seen.facts)


def _facts(run: Run, step: Decision) -> dict[str, object]:
    manifest = run.backups.manifest(run.plan.application, str(step.facts["backup"]))
    age = now() - manifest.taken_at
    run.say(f"{manifest.backup} is {say_duration(max(0.0, age.total_seconds()))} old.")
    return {
        "backup": manifest.backup,
        "manifest": manifest.digest,
        "taken_at": manifest.taken_at.isoformat(),
        "age_seconds": round(age.total_seconds(), 1),
        "proved": step.verdict == "done",
        "objective_met": age <= run.plan.objectives.rpo,
        "passed_over": step.facts["rejected"],
    }
