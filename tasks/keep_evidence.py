"""Keeps one component of the old site as it is, infected or not: sealed, signed, and under no plan's name."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta

from recovery.custody import Piece, evidence_of, go_on_without, keep
from recovery.decision import Decision, done, go
from recovery.errors import RecoveryError
from recovery.manifest import Manifest
from recovery.outcome import Outcome, did
from recovery.plan_ransomware import RansomwarePolicy
from recovery.resume import keeps
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, component: str) -> Decision:
    """Names where it is read from. Whether that answers shows as it is read."""
    if run.earlier.past_return:
        return done("The standby was promoted: what the old site holds was kept before, or could not be.")
    return go(f"Keeping {component} as it is now, read from {run.source(_reference(run, component)).address}.")


def still(run: Run, component: str, before: Outcome) -> Decision:
    """What is kept is kept; what could not be read is tried again."""
    return keeps(before) if before.facts.get("piece", {}).get("kept") else go(f"Trying {component} again.")


@verb("keep evidence of {component}", look=look, still=still, timeout=timedelta(hours=24))
def keep_evidence(run: Run, component: str, seen: Decision) -> Outcome:
    """A site that cannot be read any more never stops the recovery: that is said, and goes on record."""
    policy = run.plan.ransomware or RansomwarePolicy()
    source = run.source(_reference(run, component))
    try:
        manifest = _within(
            policy.evidence_within.total_seconds(),
            lambda: run.backups.take(evidence_of(run.plan.application), {component: source}, run.say),
        )
        piece = keep(component, source.address, manifest)
    except RecoveryError as error:
        piece = go_on_without(component, source.address, error.what)
    return did(piece.sentence, piece=piece.model_dump(mode="json"))


def pieces_of(outcomes: list[Outcome]) -> tuple[Piece, ...]:
    """What the steps of the evidence kept, or could not."""
    return tuple(Piece.model_validate(each.facts["piece"]) for each in outcomes if "piece" in each.facts)


def _reference(run: Run, component: str) -> str:
    policy = run.plan.ransomware or RansomwarePolicy()
    return policy.evidence.get(component, run.plan.components[component].source)


def _within(seconds: float, work: Callable[[], Manifest]) -> Manifest:
    """A site under attack may hang for ever. A thread cannot be ended: it is left to itself then."""
    ended: Future[Manifest] = Future()

    def run() -> None:
        try:
            ended.set_result(work())
        except BaseException as error:  # noqa: BLE001  (it is the caller's, in the other thread)
            ended.set_exception(error)

    threading.Thread(target=run, name="evidence", daemon=True).start()
    try:
        return ended.result(seconds)
    except TimeoutError:
        raise RecoveryError(f"It was not read within {seconds:g} s.") from None
