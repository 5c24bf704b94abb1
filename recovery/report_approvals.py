"""Who approved what, each signature checked anew from the journal alone: the report takes nobody's word for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from recovery.approval import Given, Subject
from recovery.errors import NotProved
from recovery.journal import Line
from recovery.model import Frozen
from recovery.report_words import text
from recovery.ssh_signature import check_ssh_signature


class Signer(Frozen):
    """One approval.

    Args:
        approver, way, at: who, how it is known that it was this person, and when.
        key: the public key, shortened.
        checked: what checking it now came to.
        state: `good`: the signature is of exactly what is shown; `none`: nobody can check it; `bad`: it is not.
    """

    approver: str
    way: str
    at: datetime
    key: str
    checked: str
    state: Literal["good", "none", "bad"]


class Approved(Frozen):
    """What one line `approved` holds.

    Args:
        line: its number in the journal.
        at: when.
        sentence: how it was approved.
        shown: what the approvers read.
        digest: the BLAKE3 of what was approved.
        whole: whether the digest and the signed statement are of what is shown.
        signers: empty where the plan's policy, or breaking the glass, was the approval.
    """

    line: int
    at: datetime
    sentence: str
    shown: str
    digest: str
    whole: bool
    signers: tuple[Signer, ...]


def approvals_of(lines: Sequence[Line]) -> tuple[Approved, ...]:
    """Every approval of an incident; more than one where it was gone on with and something else had to be approved."""
    found = []
    for line in lines:
        if (line.kind, line.step) == ("mark", "approved") and "subject" in line.data:
            try:
                found.append(_approved(line))
            except ValidationError:  # an older journal's, or one that was changed: the chain tells which
                continue
    return tuple(found)


def _approved(line: Line) -> Approved:
    subject = Subject.model_validate(line.data["subject"])
    digest, statement = text(line.data.get("digest")), text(line.data.get("statement"))
    whole = (digest, statement) == (subject.digest, subject.statement)
    given = [Given.model_validate(each) for each in line.data.get("approvals", [])]
    return Approved(
        line=line.number,
        at=line.at,
        sentence=line.sentence,
        shown=subject.shown,
        digest=digest,
        whole=whole,
        signers=tuple(_signer(each, subject.statement) for each in given),
    )


def _signer(given: Given, statement: str) -> Signer:
    def told(key: str, checked: str, state: Literal["good", "none", "bad"]) -> Signer:
        return Signer(approver=given.approver, way=given.way, at=given.at, key=key, checked=checked, state=state)

    if not given.key or not given.signature:
        return told("", "nobody can check a one-time code afterwards", "none")
    key = " ".join(given.key.split()[:2])
    short = f"{key[:24]}…{key[-12:]}"
    try:
        check_ssh_signature(statement, given.signature, given.key)
    except NotProved as error:
        return told(short, f"NOT a signature of this: {error.what}", "bad")
    return told(short, "the signature is of this digest", "good")
