"""What exactly is approved, by whom, and whether that is enough. An auditor checks it from the journal alone."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from blake3 import blake3

from recovery.decision import Decision, go, refuse
from recovery.errors import NotProved
from recovery.model import Frozen
from recovery.plan_approval import Approval
from recovery.ssh_signature import check_ssh_signature


class Subject(Frozen):
    """The recovery that is approved; anything else needs another approval.

    Args:
        incident: the run.
        application: of it.
        backup: what is restored.
        manifest: the digest of its manifest.
        terraform: the digest of the Terraform plan file.
        dns: the change of DNS, in words.
        shown: what the approver reads.
    """

    incident: str
    application: str
    backup: str | None
    manifest: str | None
    terraform: str | None
    dns: str
    shown: str

    @property
    def digest(self) -> str:
        return blake3(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()

    @property
    def statement(self) -> str:
        """What an approver signs."""
        return f"lifeboat approve {self.incident} {self.digest}"


class Given(Frozen):
    """One approval.

    Args:
        approver: who.
        way: how it is known that it was this person.
        at: when.
        key, signature: of a signed one; both are public.
    """

    approver: str
    way: Literal["SSH signature", "one-time code"]
    at: datetime
    key: str | None = None
    signature: str | None = None


def judge_approvals(approval: Approval, given: Sequence[Given], initiator: str) -> Decision:
    """Whether the approvals so far are enough.

    Args:
        approval: of the plan.
        given: so far, each checked.
        initiator: who started the recovery; empty where nobody knows. Then one approver might be just that person, so
            that two are needed.
    """
    names = list(dict.fromkeys(each.approver for each in given))
    needed = max(approval.needed, 1 if initiator else 2)
    said = f"{len(names)} of {needed} approved ({', '.join(names) or 'nobody yet'})"
    if len(names) < needed:
        why = "" if initiator else "; who started it is not known, so one alone is not enough"
        return refuse(f"{said}{why}.", "Ask the others.", given=names, needed=needed)
    if names == [initiator]:
        return refuse(f"{said}, who started it: nobody approves alone.", "Ask another.", given=names, needed=needed)
    return go(f"Approved by {' and '.join(names)}.", given=names, needed=needed)


def check_evidence(data: Mapping[str, Any]) -> list[str]:
    """Checks what the journal's mark `approved` holds, with nothing else at hand.

    Args:
        data: of that line.

    Returns:
        One sentence for each approval.

    Raises:
        NotProved: the digest is not of the subject, or a signature not of the statement.
    """
    subject = Subject.model_validate(data["subject"])
    if (data["digest"], data["statement"]) != (subject.digest, subject.statement):
        raise NotProved("What was approved is not what the journal says: its digest is another.")
    said = []
    for each in (Given.model_validate(one) for one in data["approvals"]):
        if each.key and each.signature:
            check_ssh_signature(subject.statement, each.signature, each.key)
            said.append(f"{each.approver} signed it with {each.key[:40]}...")
        else:
            said.append(f"{each.approver} gave a one-time code, which nobody can check afterwards.")
    return said
