"""Lets a provider keep a snapshot of the old site as it is."""

from datetime import timedelta

from recovery.custody import Piece, go_on_without
from recovery.decision import Decision, done, go
from recovery.errors import RecoveryError
from recovery.outcome import Outcome, did
from recovery.places import moment_of
from tasks.keep_evidence import still
from tasks.run import Run
from tasks.snapshots import managed
from tasks.verb import verb


def look(run: Run, component: str) -> Decision:
    block = managed(run, component, "primary")
    if block is None or run.earlier.past_return:
        return done(f"There is no snapshot of {component} to take at the old site.")
    return go(f"{block.address} takes a snapshot of the old site.")


@verb("keep snapshot of {component}", look=look, still=still, timeout=timedelta(hours=12))
def keep_snapshot(run: Run, component: str, seen: Decision) -> Outcome:
    """By the incident's moment as its name, so that a second call finds the first. No expiry runs while it is held."""
    block = managed(run, component, "primary")
    assert block is not None
    try:
        taken = block.take(moment_of(run.incident))
        said = f"{component} is kept in {taken.place} as {taken.reference}, taken of {block.address}."
        piece = Piece(
            what=component,
            origin=block.address,
            kept=True,
            sentence=said,
            reference=taken.reference,
            at=taken.taken_at,
        )
    except RecoveryError as error:
        piece = go_on_without(component, block.address, error.what)
    return did(piece.sentence, piece=piece.model_dump(mode="json"))
