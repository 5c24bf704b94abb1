"""Tells people how it ended, with the figures."""

from datetime import timedelta

from blocks.chat.kind import Message
from recovery.clock import Clock
from recovery.decision import Decision, go
from recovery.forecast import Forecast, say_outcome
from recovery.outcome import Outcome, did
from recovery.resume import keeps
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    return go("Telling people how it ended.")


def still(run: Run, before: Outcome) -> Decision:
    """People are told once."""
    return keeps(before)


@verb("tell people", look=look, still=still, timeout=timedelta(seconds=30))
def finish(run: Run, seen: Decision) -> Outcome:
    """Posts the last message of the incident; delivery never holds it up."""
    clock = Clock.of(run.journal.lines)
    figures = [clock.rto.sentence, clock.rpo.sentence] if run.playbook in ("failover", "ransomware") else []
    if expected := _expected(run):
        figures.append(say_outcome(expected, clock.elapsed))
    title = f"{run.playbook} of {run.plan.application} is through"
    run.tell(Message(incident=run.incident, kind="finished", title=title, lines=tuple(figures)))
    return did(" ".join(figures) or "It is through.")


def _expected(run: Run) -> Forecast | None:
    """What was expected when the incident was declared."""
    told = [line.data["expected"] for line in run.journal.lines if line.kind == "outcome" and "expected" in line.data]
    return Forecast.model_validate(told[0]) if told else None
