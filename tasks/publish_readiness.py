"""Publishes a readiness check: as an artifact, as a file, and to people where something changed."""

import asyncio
from datetime import timedelta
from pathlib import Path

from prefect.artifacts import acreate_markdown_artifact
from pydantic import ValidationError

from blocks.chat.kind import Message
from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from recovery.places import home
from recovery.readiness import Readiness, changed
from recovery.readiness_page import render_readiness
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, found: Readiness) -> Decision:
    return go(f"Publishing {len(found.checks)} checks.")


@verb("publish readiness", look=look, timeout=timedelta(minutes=1), retries=1, reads=True)
def publish_readiness(run: Run, found: Readiness, seen: Decision) -> Outcome:
    """People hear of it once, when something became worse or better, not every half hour."""
    folder = home() / "readiness"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    record, page = folder / f"{found.application}.json", render_readiness(found)
    news = tuple(changed(_read(record), found))
    (folder / f"{found.application}.md").write_text(page, encoding="utf-8")
    if run.on_platform:
        key = f"readiness-{found.application}"
        asyncio.run(acreate_markdown_artifact(page, key=key, description="Could it be recovered right now?"))
    if news:
        title = f"{found.application}: readiness for a recovery has changed ({found.state})"
        run.tell(Message(incident=run.incident, kind="note", title=title, lines=news))
    record.write_text(found.model_dump_json(indent=2), encoding="utf-8")
    return did(found.sentence, state=found.state, changed=list(news))


def _read(path: Path) -> Readiness | None:
    try:
        return Readiness.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
