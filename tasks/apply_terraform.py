"""Applies exactly the Terraform plan that was approved."""

from datetime import timedelta

from blocks.workspaces.kind import Workspace
from recovery.decision import Decision, done, go
from recovery.outcome import Outcome, did
from recovery.terraform import Changes
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, change: Outcome) -> Decision:
    """Whether there is anything to apply."""
    planned = Changes.on_record(change.facts)
    if planned.nothing:
        return done("The standby's infrastructure is already as its code says.")
    return go(f"Applying the approved plan: {planned.sentence}.", digest=change.facts["digest"])


@verb(
    "apply Terraform",
    look=look,
    timeout=timedelta(minutes=30),
    undo="It stays: the next failover finds it built. To remove it: terraform destroy.",
)
def apply_terraform(run: Run, change: Outcome, seen: Decision) -> Outcome:
    """Applies the approved plan file; a file of another digest is refused."""
    workspace = run.block(run.plan.infrastructure.workspace, Workspace)  # type: ignore[type-abstract]
    outputs = workspace.apply(run.scratch("terraform"), change.facts["digest"], run.say)
    return did("The standby's infrastructure stands.", outputs=outputs)
