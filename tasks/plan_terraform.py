"""Plans the standby's infrastructure, and refuses a plan that would destroy what it may not."""

from datetime import timedelta

from blocks.workspaces.kind import Workspace
from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from recovery.resume import keeps
from recovery.terraform import judge
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    return go(f"Planning {run.plan.infrastructure.workspace}; planning changes nothing.")


def still(run: Run, before: Outcome) -> Decision:
    """The plan file that may have been approved is kept, as long as it was not begun to be applied."""
    workspace = run.block(run.plan.infrastructure.workspace, Workspace)  # type: ignore[type-abstract]
    if not run.earlier.begun("apply Terraform") and workspace.holds(run.scratch("terraform"), before.facts["digest"]):
        return keeps(before)
    return go("Planning anew: what there is decides what is left to do.")


@verb("plan Terraform", look=look, still=still, timeout=timedelta(minutes=10), retries=1, reads=True)
def plan_terraform(run: Run, seen: Decision) -> Outcome:
    """Makes the exact plan file that will be approved and applied."""
    workspace = run.block(run.plan.infrastructure.workspace, Workspace)  # type: ignore[type-abstract]
    change = workspace.plan(run.scratch("terraform"), run.say)
    decision = judge(change, run.plan.infrastructure.may_destroy, _most(run)).or_refuse()
    if run.dry_run:
        workspace.discard(run.scratch("terraform"))
    return did(decision.sentence, **change.model_dump(mode="json"), terraform=workspace.tool())


def _most(run: Run) -> int | None:
    """A drill has a limit to what it may cost."""
    return run.plan.drill.most_resources if run.playbook == "drill" and run.plan.drill else None
