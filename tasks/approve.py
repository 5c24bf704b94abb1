"""Asks for approval of exactly what was shown: this backup, this Terraform plan, this change of DNS."""

import time

from blocks.chat.kind import Message
from recovery.approval import Given, Subject
from recovery.errors import Refused
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.ssh_signature import signing_command
from recovery.terraform import Changes
from tasks.collect_approvals import collect_approvals
from tasks.escalate import escalating
from tasks.run import Run


async def approve(run: Run, backup: Outcome, change: Outcome, replicas: str = "", dns: str = "") -> Outcome:
    """Waits for people where the plan says so; elsewhere the plan itself is the approval.

    Args:
        backup: what is restored.
        change: what Terraform would do.
        replicas: where the replicas stand that are promoted, in words.
        dns: the change of DNS in words, where it is not the swap to the standby.

    The journal's mark `approved` holds what was approved and every signature: `recovery.approval.check_evidence`, or
    ssh-keygen, checks it offline.

    Raises:
        Refused: somebody said no, or too few answered in time.
    """
    subject, begun = subject_of(run, backup, change, replicas, dns), time.monotonic()
    if before := _approved_before(run, subject, change):
        run.journal.write("found-done", "approve", before.sentence, 0.0, **before.facts)
        return before
    asked = {"digest": subject.digest, "statement": subject.statement, "subject": subject.model_dump()}
    run.journal.write("intent", "approve", subject.shown, mode=run.plan.approval.mode, **asked)
    try:
        sentence, given = await _answer(run, subject)
    except Refused as refusal:
        run.journal.write("refused", "approve", refusal.what, time.monotonic() - begun, digest=subject.digest)
        raise
    if not run.dry_run:
        approvals = [each.model_dump(mode="json") for each in given]
        run.journal.write("mark", "approved", sentence, at=now().isoformat(), approvals=approvals, **asked)
    facts = {"digest": subject.digest, **_substance(subject), "terraform": subject.terraform}
    run.journal.write("outcome", "approve", sentence, time.monotonic() - begun, **facts)
    run.say(f"approve: {sentence}")
    return did(sentence, **facts)


def _approved_before(run: Run, subject: Subject, change: Outcome) -> Outcome | None:
    """An approval by an earlier run of this incident: it stands for the same backup, and the same plan or what is left
    of it once it was applied, which is nothing."""
    before = run.earlier.done("approve")
    if before is None or any(before.facts.get(name) != value for name, value in _substance(subject).items()):
        return None
    if not change.facts:
        return before  # nothing is built
    planned = Changes.on_record(change.facts)
    return before if planned.nothing or before.facts.get("terraform") == subject.terraform else None


def _substance(subject: Subject) -> dict[str, str | None]:
    return {"backup": subject.backup, "manifest": subject.manifest, "dns": subject.dns}


def subject_of(run: Run, backup: Outcome, change: Outcome, replicas: str = "", dns: str = "") -> Subject:
    """What is approved: whatever differs in it needs another approval."""
    sites, name = run.plan.sites, run.plan.dns.name
    dns = dns or f"{name} from {sites.primary.address} to {sites.standby.address}"
    said = [each for each in (backup.sentence, replicas, change.sentence) if each]
    return Subject(
        incident=run.incident,
        application=run.plan.application,
        backup=backup.facts.get("backup"),
        manifest=backup.facts.get("manifest"),
        terraform=change.facts.get("digest"),
        dns=dns,
        shown=f"{' '.join(said)} DNS: {dns}.".lstrip(),
    )


async def _answer(run: Run, subject: Subject) -> tuple[str, list[Given]]:
    approval, digest = run.plan.approval, f"(digest {subject.digest[:16]})"
    if run.dry_run:
        return f"A dry run needs no approval; a real one is approved by {approval.mode}.", []
    if approval.mode == "policy":
        return f"Approved by the plan's policy {digest}.", []
    if run.break_glass:
        return f"Approved by breaking the glass: {run.break_glass} {digest}.", []
    names = ", ".join(each.name for each in approval.approvers)
    lines = (subject.shown, f"Approvers: {names}.", f"To sign: {signing_command(subject.statement)}")
    title, links = f"Approve the {run.playbook} of {run.plan.application}", _links(run)
    question = Message(incident=run.incident, kind="needs approval", title=title, lines=lines, links=links)
    run.tell(question)
    async with escalating(run, question):
        judged, given = await collect_approvals(run, subject)
    if judged.verdict == "go":
        title = f"The {run.playbook} of {run.plan.application} is approved"
        run.tell(Message(incident=run.incident, kind="answered", title=title, lines=(judged.sentence,)))
        return f"{judged.sentence[:-1]} {digest}.", given
    late = f"Within {approval.within.total_seconds():g} s {judged.sentence.rstrip('.')}"
    if approval.on_timeout == "proceed":
        return f"{late}; the plan says to proceed {digest}.", given
    raise Refused(f"{late}; the plan says to stop.", remedy="Run the failover again when the approvers are there.")


def _links(run: Run) -> dict[str, str]:
    """The form waits on the page of the run."""
    page = next(iter(run.links.values()), None)
    return {"Approve or reject": page} if page else {}
