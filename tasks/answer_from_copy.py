"""Asks the application on the restored copy, as the plan says how."""

from datetime import timedelta
from pathlib import Path

from recovery.decision import Decision, go
from recovery.errors import NotProved
from recovery.outcome import Outcome, did
from tasks.progress import Progress
from tasks.run import Run
from tasks.smoke_child import ask, run_to_its_end
from tasks.verb import verb


def look(run: Run, backup: str, progress: Progress) -> Decision:
    smoke = run.plan.verification.smoke
    assert smoke is not None  # a plan without one has nothing to ask
    return go(f"Asking the application on the copy: {smoke.url or smoke.command[0]}.")


@verb("ask application", look=look, timeout=timedelta(hours=1))
def answer_from_copy(run: Run, backup: str, progress: Progress, seen: Decision) -> Outcome:
    """The deepest look there is: the application itself reads what was restored."""
    smoke = run.plan.verification.smoke
    assert smoke is not None
    folder, seconds = run.scratch("smoke"), smoke.within.total_seconds()
    if smoke.url:
        said = ask(smoke.command, smoke.url, _copies(run), folder, seconds)
    else:
        said = run_to_its_end(smoke.command, _copies(run), folder, seconds)
    if smoke.expect_text and smoke.expect_text not in said:
        raise NotProved(
            f"The application answered from backup {backup}, but without {smoke.expect_text!r}.",
            remedy="Look at the run's smoke folder, and at the backups before this one.",
        )
    for component in run.plan.components:
        progress.reached(component, "application answered")
    return did("The application answered from the restored copy.")


def _copies(run: Run) -> dict[str, str]:
    """Where the restored copies are. A database's address holds its password: it goes by the environment only."""
    found: dict[str, str | Path | None] = {}
    for name, part in run.plan.components.items():
        source, start = run.source(part.scratch), f"LIFEBOAT_{name.upper().replace('-', '_')}"
        found |= {f"{start}_DSN": source.staged_dsn(), f"{start}_FOLDER": source.staged_folder()}
    return {name: str(where) for name, where in found.items() if where is not None}
