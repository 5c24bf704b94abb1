"""Releases a hold: retention goes on from here. A person says so, and why."""

from datetime import timedelta

from blocks.chat.kind import Message
from recovery.decision import Decision
from recovery.hold import Release, may_release
from recovery.model import now
from recovery.outcome import Outcome, did
from tasks.holds import holds
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, held: str, by: str, reason: str) -> Decision:
    application = run.plan.application
    return may_release(holds(run).standing(application), application, held, by, reason)


@verb("release hold", look=look, timeout=timedelta(minutes=2), retries=2)
def release_hold(run: Run, held: str, by: str, reason: str, seen: Decision) -> Outcome:
    """The hold's record, the evidence and the chain of custody stay."""
    application = run.plan.application
    record = Release(application=application, incident=held, at=now(), by=by.strip(), reason=reason.strip())
    holds(run).release(record)
    title = f"The backups of {application} are held no more"
    run.tell(Message(incident=run.incident, kind="note", title=title, lines=(seen.sentence,)))
    return did(f"{seen.sentence} Retention goes on.", held=held)
