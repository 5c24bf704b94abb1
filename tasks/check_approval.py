"""Checks one answer to the approval's form."""

from blocks.approvals.codes import ApprovalCodes
from blocks.vaults.kind import ABSENT
from recovery.approval import Given, Subject
from recovery.errors import Conflict, NotProved
from recovery.model import now
from recovery.ssh_signature import check_ssh_signature, tidy_signature
from tasks.run import Run


def check_approval(run: Run, subject: Subject, approver: str, proof: str) -> Given:
    """The approval, once it is shown that it is this person's.

    Args:
        run: the run.
        subject: what is approved.
        approver: the name that was filled in.
        proof: an SSH signature, or a one-time code.

    Raises:
        NotProved: it is not, or this person is no approver.
        Unreachable: the vault, which remembers codes that were used, does not answer.
    """
    known = {each.name: each for each in run.plan.approval.approvers}
    if approver not in known:
        raise NotProved(f"{approver[:60]} is no approver of this plan.", remedy=f"Approvers: {', '.join(known)}.")
    key = known[approver].key
    if key is None:
        _check_code(run, approver, proof)
        return Given(approver=approver, way="one-time code", at=now())
    signature = tidy_signature(proof)
    check_ssh_signature(subject.statement, signature, key)
    return Given(approver=approver, way="SSH signature", at=now(), key=key, signature=signature)


def _check_code(run: Run, approver: str, code: str) -> None:
    """A code counts once, on whatever machine."""
    codes = run.block(str(run.plan.approval.codes), ApprovalCodes)
    number = codes.check(approver, code, now())
    try:
        run.vault.put(f"approvals/{approver}/{number}.json", b"{}", expect=ABSENT)
    except Conflict as error:
        raise NotProved(f"This code of {approver} was used already.", remedy="Wait for the next one.") from error
