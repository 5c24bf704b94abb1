"""What a journal says of a recovery after ransomware: what was rejected, held, kept as evidence, and rotated."""

from collections.abc import Mapping
from typing import Any

from recovery.model import Frozen
from recovery.report_words import text, texts


class Rotated(Frozen):
    """One secret: whether the old one is refused and the new one works, and how that was shown."""

    name: str
    proved: bool
    evidence: tuple[str, ...]


class Cleanup(Frozen):
    """What the report tells of it.

    Args:
        hold: the sentence on what keeps every backup, and how it is released.
        custody: where the signed chain of custody lies in the vault, or nothing.
        pieces: what was to be kept as evidence: what, whether it was, and the sentence.
        rejected: every newer backup that is not clean, a sentence each.
        site: what was found of the place to rebuild in.
        rotation: the sentence on the secrets as a whole.
        rotated: each of them.
    """

    hold: str = ""
    custody: str = ""
    pieces: tuple[tuple[str, str, str], ...] = ()
    rejected: tuple[str, ...] = ()
    site: str = ""
    rotation: str = ""
    rotated: tuple[Rotated, ...] = ()


def cleanup_of(by_step: Mapping[str, Mapping[str, Any]], sentences: Mapping[str, str]) -> Cleanup | None:
    """Reads it; None of any other recovery.

    Args:
        by_step: step to what it put on record.
        sentences: step to what it said last.
    """
    if "hold backups" not in sentences and "clear targets" not in sentences:
        return None
    signed = by_step.get("sign chain of custody", {})
    pieces = signed.get("pieces")
    proofs = by_step.get("rotate secrets", {}).get("secrets")
    return Cleanup(
        hold=sentences.get("hold backups", ""),
        custody=text(signed.get("custody")),
        pieces=tuple(_piece(each) for each in pieces if isinstance(each, dict)) if isinstance(pieces, list) else (),
        rejected=texts(by_step.get("choose backup", {}).get("passed_over")),
        site=" ".join(filter(None, (sentences.get("check clean site", ""), sentences.get("clear targets", "")))),
        rotation=sentences.get("rotate secrets", ""),
        rotated=tuple(_rotated(name, proof) for name, proof in proofs.items() if isinstance(proof, dict))
        if isinstance(proofs, dict)
        else (),
    )


def _piece(data: Mapping[str, Any]) -> tuple[str, str, str]:
    return text(data.get("what")), "kept" if data.get("kept") is True else "NOT kept", text(data.get("sentence"))


def _rotated(name: str, data: Mapping[str, Any]) -> Rotated:
    return Rotated(name=name, proved=data.get("proved") is True, evidence=texts(data.get("evidence")))
