"""Backup: every component of an application, encrypted, with the proof of what it held, into the vault."""

from typing import Annotated

from prefect import flow
from pydantic import Field

from tasks.opening import open_run
from tasks.take_backup import take_backup


@flow(name="backup", flow_run_name="backup of {plan}")
async def backup(
    plan: Annotated[str, Field(description="The application's plan, by name or by file.")] = "shop",
    dry_run: Annotated[bool, Field(description="Only say what would be done.")] = False,
) -> str:
    """Takes one backup and returns its identifier."""
    async with open_run("backup", plan, dry_run=dry_run) as run:
        taken = await take_backup(run)
        return str(taken.facts.get("backup", "none: a dry run"))
