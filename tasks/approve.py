"""Asks for approval of exactly what was shown: this backup, this Terraform plan, this change of DNS."""

import time
from typing import Literal

from blake3 import blake3
from prefect import pause_flow_run
from prefect.exceptions import FlowPauseTimeout
from prefect.input import RunInput
from pydantic import Field

from blocks.chat.kind import Message
from recovery.errors import Refused
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.terraform import Changes
from tasks.run import Run


class ApprovalForm(RunInput):
    """What the approver fills in. Neither field has a default, so an empty form is turned down."""

    decision: Literal["approve", "reject"] = Field(description="Approve exactly the recovery described above?")
    approver: str = Field(min_length=1, description="Your name, for the record.")


async def approve(run: Run, backup: Outcome, change: Outcome) -> Outcome:
    """Waits for a person where the plan says so; elsewhere the plan itself is the approval.

    Raises:
        Refused: somebody said no, or nobody answered in time.
    """
    shown = f"{backup.sentence} {change.sentence} DNS: {run.plan.dns.name} to {run.plan.sites.standby.address}."
    digest = blake3(f"{shown}{change.facts.get('digest')}".encode()).hexdigest()[:16]
    if before := _approved_before(run, backup, change, digest):
        run.journal.write("found-done", "approve", before.sentence, 0.0, **before.facts)
        return before
    begun = time.monotonic()
    run.journal.write("intent", "approve", shown, digest=digest, mode=run.plan.approval.mode)
    try:
        sentence = await _answer(run, shown, digest)
    except Refused as refusal:
        run.journal.write("refused", "approve", refusal.what, time.monotonic() - begun, digest=digest)
        raise
    if not run.dry_run:
        run.journal.write("mark", "approved", sentence, at=now().isoformat(), digest=digest)
    facts = {"digest": digest, "backup": backup.facts.get("backup")}
    run.journal.write("outcome", "approve", sentence, time.monotonic() - begun, **facts)
    run.say(f"approve: {sentence}")
    return did(sentence, **facts)


def _approved_before(run: Run, backup: Outcome, change: Outcome, digest: str) -> Outcome | None:
    """An approval by an earlier run of this incident: it stands for the same backup, and the same plan or what is left
    of it once it was applied, which is nothing."""
    before = run.earlier.done("approve")
    if before is None or before.facts.get("backup") != backup.facts.get("backup"):
        return None
    planned = Changes.model_validate({name: change.facts[name] for name in Changes.model_fields})
    return before if planned.nothing or before.facts.get("digest") == digest else None


async def _answer(run: Run, shown: str, digest: str) -> str:
    approval = run.plan.approval
    if run.dry_run:
        return f"A dry run needs no approval; a real one is approved by {approval.mode}."
    if approval.mode == "policy":
        return f"Approved by the plan's policy (digest {digest})."
    if run.break_glass:
        return f"Approved by breaking the glass: {run.break_glass} (digest {digest})."
    lines = (shown, f"Digest: {digest}")
    run.tell(Message(incident=run.incident, kind="needs approval", title="Approve the failover", lines=lines))
    form = ApprovalForm.with_initial_data(description=f"{shown}\n\nDigest of what is approved: `{digest}`")
    try:
        answer: ApprovalForm = await pause_flow_run(
            wait_for_input=form,  # type: ignore[arg-type]
            timeout=int(approval.within.total_seconds()),
            poll_interval=1,
            key=digest,
        )
    except FlowPauseTimeout:
        return _nobody(run)
    if answer.decision == "reject":
        raise Refused(f"{answer.approver} rejected the recovery.", remedy="Nothing was changed at either site.")
    return f"Approved by {answer.approver} (digest {digest})."


def _nobody(run: Run) -> str:
    within = f"Nobody answered within {run.plan.approval.within.total_seconds():g} s"
    if run.plan.approval.on_timeout == "proceed":
        return f"{within}; the plan says to proceed."
    raise Refused(f"{within}; the plan says to stop.", remedy="Run the failover again when an approver is there.")
