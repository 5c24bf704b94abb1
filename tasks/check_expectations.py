"""Runs Great Expectations on a restored database: business rules on top of the proof, never instead of it."""

from datetime import timedelta

from recovery.decision import Decision, done, go
from recovery.errors import NotProved
from recovery.outcome import Outcome, did
from recovery.places import ROOT
from tasks.expectations import run_suite
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, component: str, backup: str) -> Decision:
    dsn = run.source(run.plan.components[component].scratch).staged_dsn()
    if dsn is None:
        return done(f"{component} is no database: its digests are all there is to check.")
    return go(f"Checking {component} with Great Expectations.")


@verb("check {component}", look=look, timeout=timedelta(minutes=30))
def check_expectations(run: Run, component: str, backup: str, seen: Decision) -> Outcome:
    """The plan's suite, else the built-in one: row counts against the manifest, keys unique and never null."""
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
    return did(f"{component}: all {len(results)} expectations are met.", expectations=len(results))
