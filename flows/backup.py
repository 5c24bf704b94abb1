"""Backup: every component of an application, encrypted, with the proof of what it held, into the vault."""

from prefect import flow

from recovery.places import moment_of
from tasks.copy_backup import copy_backup
from tasks.forms import PlanName
from tasks.opening import open_run
from tasks.refresh_forms import refresh_forms
from tasks.take_backup import take_backup
from tasks.take_snapshot import take_snapshot
from tasks.together import together


@flow(name="backup", flow_run_name="backup of {plan}")
async def backup(
    plan: PlanName = "shop",
    dry_run: bool = False,
) -> str:
    """Takes one backup, and lets providers take theirs of what the plan names under snapshots.

    Args:
        plan: The application to back up, by its plan.
        dry_run: Only say what would be done.

    Returns:
        The backup's identifier.
    """
    async with open_run("backup", plan, dry_run=dry_run) as run:
        name = moment_of(run.incident)
        theirs = [take_snapshot(run, snapshot=snapshot, name=name) for snapshot in run.plan.snapshots]
        taken, *_ = await together(take_backup(run), *theirs)
        backup_taken = str(taken.facts.get("backup", "none: a dry run"))
        if run.plan.backup.copies and not dry_run:
            await copy_backup(run, backup=backup_taken)
        await refresh_forms(run)
        return backup_taken
