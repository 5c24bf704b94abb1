"""Writes the post-incident report: a page of its own, and the same as an artifact of the run."""

import asyncio
from datetime import timedelta

from prefect.artifacts import acreate_markdown_artifact

from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from recovery.report import render_html, render_markdown
from tasks.run import Run
from tasks.verb import verb

REPORT = "report.html"


def look(run: Run) -> Decision:
    return go(f"Reading {len(run.journal.lines)} lines of the journal.")


@verb("write report", look=look, timeout=timedelta(minutes=1), retries=1, reads=True)
def write_report(run: Run, seen: Decision) -> Outcome:
    """Everything in it comes from the journal."""
    path = render(run)
    if run.on_platform:
        text = run.scrubber.clean(render_markdown(run.journal.lines))
        key = f"report-{run.incident.lower()}"
        # In this thread there is no loop, but Prefect sees an async flow and would hand out a coroutine.
        asyncio.run(acreate_markdown_artifact(text, key=key, description="Post-incident report"))
    return did(f"The report is {path}.", report=str(path))


def render(run: Run) -> str:
    """Writes the page, over an earlier one of the same run."""
    path = run.folder / REPORT
    path.write_text(run.scrubber.clean(render_html(run.journal.lines)), encoding="utf-8")
    return str(path)
