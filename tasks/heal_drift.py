"""Heals drift of the standby: applies its code as it lies in git, where nothing speaks against it."""

import asyncio
import secrets
from datetime import timedelta

from prefect.artifacts import acreate_markdown_artifact

from blocks.workspaces.kind import ChangeSummary, Workspace
from recovery.decision import Decision
from recovery.drift import Revision, may_apply, may_heal
from recovery.errors import RecoveryError
from recovery.outcome import Outcome, did
from recovery.readiness import Check, judge_infrastructure
from recovery.terraform import judge
from tasks.lease import LeaseHolder, who_holds
from tasks.live_site import live_site
from tasks.run import Run
from tasks.unfinished import find_unfinished
from tasks.verb import verb


def look(run: Run) -> Decision:
    """Never while the standby serves users, or while a recovery is under way or was cut off."""
    site = live_site(run).facts.get("site")
    return may_heal(str(site) if site else None, _recovering(run))


@verb("heal drift", look=look, timeout=timedelta(minutes=45), undo="Revert the commit in git, and check again.")
def heal_drift(run: Run, seen: Decision) -> Outcome:
    """Plans, decides, applies exactly that plan, and plans once more for proof."""
    workspace = run.block(run.plan.infrastructure.workspace, Workspace)  # type: ignore[type-abstract]
    folder = run.scratch(f"heal-{secrets.token_hex(4)}")
    with LeaseHolder(run.vault, f"heal-{run.plan.application}", run.incident):
        try:
            revision, change = workspace.revision(), workspace.plan(folder, run.say)
            allowed = judge(change, run.plan.infrastructure.may_destroy)
            may = may_apply(revision, allowed).or_refuse()
            if may.verdict == "done":
                return _told(run, may.sentence, revision, None, change)
            if recovering := _recovering(run):  # planning takes its time
                return did(f"Nothing is healed: {recovering}")
            run.say(may.sentence)
            workspace.apply(folder, change.digest, run.say)
            left = workspace.plan(folder, run.say)
        finally:
            workspace.discard(folder)
    return _told(run, f"{may.sentence.rstrip('.')}: applied.", revision, change, left)


def _recovering(run: Run) -> str:
    """Which recovery of the application is under way or was cut off, or nothing."""
    application = run.plan.application
    if holder := who_holds(run.vault, f"failover-{application}"):
        return f"{holder} is under way."
    for playbook in ("failover", "failback"):
        unfinished = find_unfinished(run.vault, playbook, application)
        if unfinished.verdict == "go":
            return f"{unfinished.facts['incident']} was cut off."
    return ""


def _told(run: Run, sentence: str, revision: Revision, healed: ChangeSummary | None, left: ChangeSummary) -> Outcome:
    allowed = judge(left, run.plan.infrastructure.may_destroy)
    check = judge_infrastructure(left, run.plan.strategy, allowed.verdict != "refuse", allowed.sentence)
    changed = {} if healed is None else healed.model_dump(mode="json", exclude={"wanted", "complete"})
    if healed is not None and run.on_platform:
        asyncio.run(_publish(run, sentence, revision, healed, check))
    return did(f"{sentence} {check.sentence}", commit=revision.commit, healed=changed, check=check.model_dump())


async def _publish(run: Run, sentence: str, revision: Revision, healed: ChangeSummary, check: Check) -> None:
    names = {"create": healed.create, "update": healed.update, "replace": healed.replace, "destroy": healed.destroy}
    lines = [f"# {run.plan.application}: drift healed", "", sentence, "", f"Commit `{revision.commit}`.", ""]
    lines += [f"- {verb_}: `{name}`" for verb_, found in names.items() for name in found]
    page = "\n".join([*lines, "", f"Afterwards: {check.sentence}", ""])
    await acreate_markdown_artifact(page, key=f"drift-{run.plan.application}", description="Drift that was healed")


def refused(error: RecoveryError) -> Check:
    """What the readiness check says where healing was refused, or failed."""
    return Check(name="drift", state="warning", sentence=error.what, remedy=error.remedy)
