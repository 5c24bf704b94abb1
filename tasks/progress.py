"""What one verification has found so far. Not a dataclass, so that Prefect passes it on as it is."""

from collections.abc import Iterable

from recovery.errors import NotProved, RecoveryError
from recovery.outcome import Outcome
from recovery.verification import DEPTHS, Depth, Finding, ProblemKind


class Suspicious(NotProved):
    """A backup is what its source held, and its source shows signs of ransomware."""


class Progress:
    """How deep each component got, and what came up on the way. Each component is told of by its own thread."""

    def __init__(self, components: Iterable[str]) -> None:
        self._depths: dict[str, Depth] = dict.fromkeys(components, "listed")
        self.proofs: dict[str, str] = {}
        self.warnings: list[str] = []
        self.measures: dict[str, float] = {}
        self.rules: str | None = None
        self._stopped: RecoveryError | None = None

    def reached(self, component: str, depth: Depth) -> None:
        self._depths[component] = depth

    def proved(self, outcomes: Iterable[Outcome]) -> None:
        """Keeps the sentence of every component that was proved."""
        self.proofs |= {str(each.facts["part"]): each.sentence for each in outcomes if "part" in each.facts}

    def stopped(self, error: RecoveryError) -> None:
        """What kept it from going on. Only what was not proved speaks against the backup."""
        self._stopped = error

    @property
    def finding(self) -> Finding:
        """All of it. As a whole a backup is only as deep as the component that got least far."""
        error = self._stopped
        against = error.what if isinstance(error, NotProved) else None
        kind: ProblemKind | None = None
        if against:
            kind = "suspicious" if isinstance(error, Suspicious) else "fault"
        return Finding(
            depth=min(self._depths.values(), key=DEPTHS.index),
            proofs=self.proofs,
            problem=against,
            problem_kind=kind,
            unfinished=error.what if error and not against else None,
            warnings=tuple(self.warnings),
            measures=self.measures,
            rules=self.rules,
        )
