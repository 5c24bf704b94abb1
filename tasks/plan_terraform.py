"""Plans the standby's infrastructure, and refuses a plan that would destroy what it may not."""

from datetime import timedelta

from blocks.workspaces.kind import Workspace
from recovery.clean_site import to_replace
from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from recovery.plan_ransomware import RansomwarePolicy
from recovery.resume import keeps
from recovery.terraform import Changes, judge
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, clean: bool = False) -> Decision:
    return go(f"Planning {run.plan.infrastructure.workspace}; planning changes nothing.")


def still(run: Run, before: Outcome, clean: bool = False) -> Decision:
    """The plan file that may have been approved is kept, as long as it was not begun to be applied."""
    workspace = run.block(run.plan.infrastructure.workspace, Workspace)  # type: ignore[type-abstract]
    if not run.earlier.begun("apply Terraform") and workspace.holds(run.scratch("terraform"), before.facts["digest"]):
        return keeps(before)
    return go("Planning anew: what there is decides what is left to do.")


@verb("plan Terraform", look=look, still=still, timeout=timedelta(minutes=10), retries=1, reads=True)
def plan_terraform(run: Run, seen: Decision, clean: bool = False) -> Outcome:
    """Makes the exact plan file that will be approved and applied.

    Args:
        clean: nothing that stands already may stay, unless the plan says so.
    """
    workspace = run.block(run.plan.infrastructure.workspace, Workspace)  # type: ignore[type-abstract]
    change = workspace.plan(run.scratch("terraform"), run.say, whole=clean)
    allowed = [*run.plan.infrastructure.may_destroy]
    if clean:
        policy = run.plan.ransomware or RansomwarePolicy()
        replace = to_replace(change, policy, built_by(run)).or_refuse().facts["replace"]
        allowed += replace
        change = workspace.plan(run.scratch("terraform"), run.say, replace, whole=True) if replace else change
    decision = judge(change, allowed, _most(run)).or_refuse()
    if run.dry_run:
        workspace.discard(run.scratch("terraform"))
    return did(decision.sentence, **change.model_dump(mode="json"), terraform=workspace.tool())


def built_by(run: Run) -> list[str]:
    """What this incident built already. Whether what it was to replace was replaced is known only once all was."""
    plans = [line for line in run.earlier.lines if (line.kind, line.step) == ("outcome", "plan Terraform")]
    planned = [Changes.on_record(line.data) for line in plans]
    begun, ended = run.earlier.begun("apply Terraform"), run.earlier.done("apply Terraform")
    created = [name for each in planned for name in each.create] if begun else []
    return created + ([name for each in planned for name in each.replace] if ended else [])


def _most(run: Run) -> int | None:
    """A drill has a limit to what it may cost."""
    return run.plan.drill.most_resources if run.playbook == "drill" and run.plan.drill else None
