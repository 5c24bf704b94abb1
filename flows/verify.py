"""Verify: restore a backup into a scratch place, prove it equal to its source, check it, and tear it down."""

import time

from prefect import flow

from recovery.errors import NotProved
from recovery.outcome import Outcome
from tasks.check_expectations import check_expectations
from tasks.check_vault import check_vault
from tasks.choose_unproved import choose_unproved
from tasks.forms import PlanName
from tasks.opening import open_run
from tasks.record_verification import record_verification
from tasks.restore_components import restore_components
from tasks.run import Run
from tasks.tear_down import tear_down

NEWEST = "newest"


@flow(name="verify", flow_run_name="verify backups of {plan}")
async def verify(
    plan: PlanName = "shop",
    backup: str = NEWEST,
    dry_run: bool = False,
) -> str:
    """Verifies one backup. Only a backup that passed is restored in a failover.

    Args:
        plan: The application whose backup to verify, by its plan.
        backup: Which one: "newest", or a backup's name.
        dry_run: Only say what would be done.

    Returns:
        The backup's identifier.
    """
    async with open_run("verify", plan, dry_run=dry_run, exclusive=True) as run:
        chosen = await choose_unproved(run, wanted=None if backup == NEWEST else backup)
        name, begun = str(chosen.facts["backup"]), time.monotonic()
        try:
            proofs, problem = await _prove(run, name), None
        except NotProved as error:
            proofs, problem = [], error
        finally:
            await tear_down(run)
        seconds, what = time.monotonic() - begun, problem.what if problem else None
        await record_verification(run, backup=name, proofs=proofs, seconds=seconds, problem=what)
        if problem:
            raise problem
        await check_vault(run, backup=name)
        return name


async def _prove(run: Run, backup: str) -> list[Outcome]:
    proofs = await restore_components(run, backup=backup, scratch=True)
    for component in run.plan.components:
        await check_expectations(run, component=component, backup=backup)
    return proofs
