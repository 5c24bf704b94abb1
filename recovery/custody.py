"""The chain of custody: what was kept of a site as it was, where it lies, by which digests, and who kept it when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from recovery.decision import Decision, go
from recovery.manifest import Manifest
from recovery.model import Frozen
from recovery.part import Name


class Piece(Frozen):
    """One thing that was to be kept.

    Args:
        what: the component, or the thing under `snapshots`.
        origin: where it was read from.
        kept: whether there is evidence of it.
        sentence: what was kept, or why nothing was.
        reference: the evidence's name in the vault, or the provider's own for a snapshot.
        manifest: the digest of its signed manifest, which names every object by its own digest.
        digests: what was read, to the BLAKE3 of its plain bytes.
        at: the moment of the copy.
    """

    what: Name
    origin: str
    kept: bool
    sentence: str
    reference: str | None = None
    manifest: str | None = None
    digests: dict[str, str] = {}
    at: datetime | None = None


class Custody(Frozen):
    """The record as a whole. Signed with the backups' signing key.

    Args:
        application, incident: whose, and because of what.
        started_by, initiator: what ran it, and the person who started that, if known.
        machine: where it ran.
        begun_at, at: the first piece's moment, and when the record was signed.
        journal: the hash of the incident's journal up to then: the record cannot be moved to another story.
        pieces: one a component and a snapshot.
    """

    format: Literal["lifeboat-custody-1"] = "lifeboat-custody-1"
    application: Name
    incident: Name
    started_by: str
    initiator: str
    machine: str
    begun_at: datetime
    at: datetime
    journal: str
    pieces: tuple[Piece, ...]


def evidence_of(application: str) -> str:
    """Under whose name the evidence lies in the vault. No plan can have it, since theirs hold no dots: so nothing there
    is ever listed, verified, chosen for a restore, built upon by a next backup, or removed by a plan's retention."""
    return f"{application}.evidence"


def keep(what: str, origin: str, manifest: Manifest) -> Piece:
    """The piece that a sealed copy is."""
    digests = {
        f"{part.name} {number}": sealed.digest for part in manifest.parts for number, sealed in enumerate(part.archives)
    }
    return Piece(
        what=what,
        origin=origin,
        kept=True,
        sentence=f"{what} is kept as evidence {manifest.backup}, read from {origin}.",
        reference=manifest.backup,
        manifest=manifest.digest,
        digests=digests,
        at=manifest.taken_at,
    )


def go_on_without(what: str, origin: str, why: str) -> Piece:
    """The piece that could not be kept. The business needs its application; the old site stays fenced and as it is."""
    said = f"{what} could not be read from {origin} ({why.rstrip('.')}): there is no evidence of it in the vault."
    return Piece(what=what, origin=origin, kept=False, sentence=f"{said} The recovery goes on; leave the old site be.")


def sum_up(pieces: Sequence[Piece]) -> Decision:
    """What was kept in all. Missing evidence never stops a recovery."""
    kept = [each.what for each in pieces if each.kept]
    missing = [each.sentence for each in pieces if not each.kept]
    said = f"Evidence of {', '.join(kept)} is kept" if kept else "No evidence is kept in the vault"
    return go(" ".join([f"{said}, {len(kept)} of {len(pieces)} in all.", *missing]), kept=kept, missing=missing)
