"""Asks approvers, one after the other, until they are enough, one says no, or the time is over."""

import asyncio
import time
from typing import Literal

from prefect import pause_flow_run
from prefect.exceptions import FlowPauseTimeout
from prefect.input import RunInput
from pydantic import Field

from recovery.approval import Given, Subject, judge_approvals
from recovery.decision import Decision
from recovery.errors import RecoveryError, Refused, Withdrawn
from recovery.ssh_signature import signing_command
from tasks.check_approval import check_approval
from tasks.run import Run

MOST_WRONG = 10  # answers that do not count, before it is somebody who tries


class ApprovalForm(RunInput):
    """What an approver fills in. Two fields have no default, so an empty form is turned down."""

    decision: Literal["approve", "reject", "withdraw"] = Field(
        description="Approve exactly the recovery described above? Withdraw it where it is needed no more: the run "
        "then ends as cancelled, and nobody is told that it failed."
    )
    approver: str = Field(min_length=1, max_length=60, description="Your name, as the plan lists it.")
    proof: str = Field(
        default="",
        max_length=16_384,
        description="Your signature, all of it, or your one-time code. Empty to reject or withdraw.",
    )


async def collect_approvals(run: Run, subject: Subject) -> tuple[Decision, list[Given]]:
    """Waits for approvers.

    Returns:
        What the approvals came to (`refuse` where the time is over), and the approvals.

    Raises:
        Refused: somebody said no, or too many answers did not count.
        Withdrawn: somebody took it back.
    """
    given: list[Given] = []
    wrong: list[str] = []
    deadline = time.monotonic() + run.plan.approval.within.total_seconds()
    while (judged := judge_approvals(run.plan.approval, given, run.initiator)).verdict != "go":
        left = deadline - time.monotonic()
        if left < 1 or (answer := await _ask(run, subject, judged, wrong, left, len(given))) is None:
            break
        if answer.decision == "reject":
            raise Refused(f"{answer.approver} rejected the recovery.", remedy="Nothing was changed at either site.")
        if answer.decision == "withdraw":
            raise Withdrawn(f"{answer.approver} withdrew the recovery.", changed="Nothing was changed at either site.")
        try:
            checked = await asyncio.to_thread(check_approval, run, subject, answer.approver, answer.proof)
            given.append(_put_on_record(run, checked))
        except RecoveryError as error:
            wrong.append(f"{error.what} {error.remedy}")
            run.journal.write("mark", "approval turned down", error.what, approver=answer.approver)
            run.say(f"approve: an answer does not count. {wrong[-1]}")
            if len(wrong) >= MOST_WRONG:
                raise Refused(f"{len(wrong)} answers did not count.", remedy="Find out who tries.") from error
    return judged, given


def _put_on_record(run: Run, given: Given) -> Given:
    said = f"{given.approver} approved ({given.way})."
    run.journal.write("mark", f"approved by {given.approver}", said, **given.model_dump(mode="json"))
    run.say(f"approve: {said}")
    return given


async def _ask(
    run: Run, subject: Subject, judged: Decision, wrong: list[str], seconds: float, count: int
) -> ApprovalForm | None:
    """One form; None where nobody fills it in."""
    form = ApprovalForm.with_initial_data(description=describe(run, subject, judged, wrong))
    try:
        answer: ApprovalForm = await pause_flow_run(
            wait_for_input=form,  # type: ignore[arg-type]
            timeout=max(1, int(seconds)),
            poll_interval=1,
            key=f"{subject.digest[:16]}-{count}-{len(wrong)}",
        )
    except FlowPauseTimeout:
        return None
    return answer


def describe(run: Run, subject: Subject, judged: Decision, wrong: list[str]) -> str:
    """What stands above the form, in Markdown: what is approved, and exactly what to do."""
    approvers = run.plan.approval.approvers
    signers = ", ".join(each.name for each in approvers if each.key)
    coders = ", ".join(each.name for each in approvers if not each.key)
    parts = [subject.shown, f"Digest of what is approved: `{subject.digest}`"]
    if signers:
        parts.append(
            f"**{signers}**: sign it with the key that the plan lists for you, by this command, and paste all that it "
            f"prints into *proof*:\n\n```\n{signing_command(subject.statement)}\n```"
        )
    if coders:
        parts.append(f"**{coders}**: put the one-time code that your app shows now into *proof*.")
    parts.append(f"{judged.sentence} Started by {run.initiator or 'somebody unknown'}.")
    if wrong:
        parts.append(f"**The last answer did not count:** {wrong[-1]}")
    return "\n\n".join(parts)
