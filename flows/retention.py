"""Retention: remove the backups that no rule of the plan keeps. Never the newest, never the newest that was proved."""

from typing import Literal

from prefect import flow

from tasks.apply_retention import apply_retention
from tasks.expire_snapshots import expire_snapshots
from tasks.forms import PlanName
from tasks.opening import open_run
from tasks.refresh_forms import refresh_forms
from tasks.together import together


@flow(name="retention", flow_run_name="retention of {plan}")
async def retention(plan: PlanName = "shop", mode: Literal["dry run", "for real"] = "dry run") -> str:
    """Applies the plan's rules to one application's backups.

    Args:
        plan: The application whose backups to look at, by its plan.
        mode: A dry run says which backups would go. It removes nothing.

    Returns:
        What was done.
    """
    async with open_run("retention", plan, dry_run=mode == "dry run", exclusive=True) as run:
        theirs = [expire_snapshots(run, snapshot=snapshot) for snapshot in run.plan.snapshots]
        applied = await together(apply_retention(run), *theirs)
        await refresh_forms(run)
        return " ".join(each.sentence for each in applied)
