"""A decision is a verdict and the sentence that explains it. Functions that decide are pure."""

from typing import Any, Literal

from recovery.errors import Refused
from recovery.model import Frozen

Verdict = Literal["go", "done", "refuse"]


class Decision(Frozen):
    """What to do about what was seen.

    Args:
        verdict: `go` (act), `done` (the world already is as it should be) or `refuse`.
        sentence: why, in words that fit a log line, a report and a chat message.
        facts: what was seen that matters, without secrets, fit for JSON.
        remedy: for a refusal, what to do now.
    """

    verdict: Verdict
    sentence: str
    facts: dict[str, Any] = {}
    remedy: str = ""

    def or_refuse(self) -> "Decision":
        """This decision, unless it refuses.

        Raises:
            Refused: the verdict is `refuse`.
        """
        if self.verdict == "refuse":
            raise Refused(self.sentence, remedy=self.remedy)
        return self


def go(sentence: str, **facts: Any) -> Decision:
    return Decision(verdict="go", sentence=sentence, facts=facts)


def done(sentence: str, **facts: Any) -> Decision:
    return Decision(verdict="done", sentence=sentence, facts=facts)


def refuse(sentence: str, remedy: str, **facts: Any) -> Decision:
    return Decision(verdict="refuse", sentence=sentence, remedy=remedy, facts=facts)
