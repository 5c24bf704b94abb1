"""What came of a step."""

from typing import Any, Literal

from recovery.model import Frozen


class Outcome(Frozen):
    """What came of a step.

    Args:
        state: `ok`, `found done` (nothing had to be done), `would` (a dry run: nothing was done) or `kept` (an earlier
            run of the same incident did it, and that still stands).
        sentence: what happened, in plain words.
        facts: what the report and later steps need, without secrets, fit for JSON.
    """

    sentence: str
    facts: dict[str, Any] = {}
    state: Literal["ok", "found done", "would", "kept"] = "ok"


def did(sentence: str, **facts: Any) -> Outcome:
    return Outcome(sentence=sentence, facts=facts)
