"""Runs Great Expectations on a restored database: business rules on top of the proof, never instead of it."""

from datetime import timedelta

from recovery.decision import Decision, done, go
from recovery.errors import NotProved
from recovery.outcome import Outcome, did
from recovery.places import ROOT
from recovery.stale_data import say_stale
from tasks.expectations import import_in_background, run_suite
from tasks.progress import Progress
from tasks.run import Run
from tasks.verb import verb


def warm_up(run: Run) -> None:
    """Imports Great Expectations while the first backup is restored, where there is a database to check."""
    if not run.dry_run and any(run.source(each.scratch).staged_dsn() for each in run.plan.components.values()):
        import_in_background()


def look(run: Run, component: str, backup: str, progress: Progress) -> Decision:
    dsn = run.source(run.plan.components[component].scratch).staged_dsn()
    if dsn is None:
        return done(f"{component} is no database: its digests are all there is to check.")
    return go(f"Checking {component} with Great Expectations.")


@verb("check {component}", look=look, timeout=timedelta(minutes=30))
def check_expectations(run: Run, component: str, backup: str, progress: Progress, seen: Decision) -> Outcome:
    """The built-in suite, and the plan's: rows, keys, references and tables as they should be; freshness is told."""
    part = run.plan.components[component]
    store = run.backups
    expected = store.expected(store.manifest(run.plan.application, backup), component)
    suite = ROOT / part.expectations if part.expectations else None
    results = run_suite(str(run.source(part.scratch).staged_dsn()), expected, suite)
    failed = [result for result in results if not result.ok]
    if failed:
        raise NotProved(
            f"{component} of backup {backup} breaks {len(failed)} of {len(results)} expectations: "
            f"{'; '.join(result.sentence for result in failed[:10])}.",
            remedy="The data was wrong at the source already: look there, and at the backups before this one.",
        )
    stale = say_stale(component, expected.newest, expected.taken_at, run.plan.objectives.rpo)
    progress.warnings += [stale] if stale else []
    said = f"{component}: all {len(results)} expectations are met."
    return did(f"{said} {stale}" if stale else said, expectations=len(results))
