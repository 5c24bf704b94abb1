"""Applies exactly the Terraform plan that was approved."""

from datetime import timedelta

from blocks.workspaces.kind import Workspace
from recovery.decision import Decision, done, go
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, change: Outcome) -> Decision:
    """Whether there is anything to apply."""
    count = sum(len(change.facts[kind]) for kind in ("create", "update", "replace", "destroy"))
    if not count:
        return done("The standby's infrastructure is already as its code says.")
    return go(f"Applying {count} changes of the plan {change.facts['digest'][:12]}.", digest=change.facts["digest"])


@verb("apply Terraform", look=look, timeout=timedelta(minutes=30))
def apply_terraform(run: Run, change: Outcome, seen: Decision) -> Outcome:
    """Applies the approved plan file; a file of another digest is refused."""
    workspace = run.block(run.plan.infrastructure.workspace, Workspace)  # type: ignore[type-abstract]
    outputs = workspace.apply(run.scratch("terraform"), change.facts["digest"], run.say)
    return did("The standby's infrastructure stands.", outputs=outputs)
