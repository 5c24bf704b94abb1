"""Puts what a step decided, and how it failed, on record."""

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from recovery.decision import Decision
from recovery.errors import RecoveryError
from recovery.outcome import Outcome
from tasks.run import Run


@contextmanager
def failure_on_record(run: Run, name: str, begun: float) -> Iterator[None]:
    """Writes a failure into the journal before it goes on up, and takes secrets out of its text."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  (every failure goes on record, and on up)
        if not isinstance(error, RecoveryError):
            run.say("".join(traceback.format_exception(error)))  # a fault of Lifeboat's own: somebody has to find it
        run.journal.write("failure", name, str(error), since(begun), error=type(error).__name__)
        raise _clean(run, error) from None


def left_alone(run: Run, name: str, decision: Decision, begun: float) -> Outcome:
    """Nothing to do, not allowed, or a dry run: the decision is the result."""
    run.say(f"{name}: {decision.sentence}")
    if decision.verdict == "refuse":
        run.journal.write("refused", name, decision.sentence, since(begun), **decision.facts)
        decision.or_refuse()
    if decision.verdict == "done":
        run.journal.write("found-done", name, decision.sentence, since(begun), **decision.facts)
        return Outcome(state="found done", sentence=decision.sentence, facts=decision.facts)
    run.journal.write("would", name, decision.sentence, since(begun), **decision.facts)
    return Outcome(state="would", sentence=decision.sentence, facts=decision.facts)


def _clean(run: Run, error: Exception) -> Exception:
    """The same error without secrets in its text."""
    if isinstance(error, RecoveryError):
        error.__init__(run.scrubber.clean(error.what), changed=error.changed, remedy=error.remedy)  # type: ignore[misc]
        return error
    return RecoveryError(run.scrubber.clean(f"{type(error).__name__}: {error}"), changed="See the journal.")


def since(begun: float) -> float:
    """Seconds since a moment of the monotonic clock."""
    return time.monotonic() - begun
