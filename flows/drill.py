"""Drill: the failover, in an isolated copy of the standby, which is removed afterwards whatever happened."""

import asyncio

from prefect import flow

from flows.recover import Recovery, recover
from recovery.errors import RecoveryError
from recovery.playbooks import NEWEST_PROVED
from recovery.rehearsal import rehearsal_plan
from recovery.walk import Walk
from tasks.check_rehearsal import check_rehearsal
from tasks.finish import finish
from tasks.forms import PlanName
from tasks.keep_forecast import keep_forecast
from tasks.opening import open_run
from tasks.park_name import park_name
from tasks.remove_copy import remove_copy
from tasks.run import Run
from tasks.write_report import write_report


@flow(name="drill", flow_run_name="drill of {plan}")
async def drill(
    plan: PlanName = "shop", backup: str = "newest proved", ransomware: bool = False, dry_run: bool = False
) -> str:
    """Rehearses the failover by the same steps, and measures it. Production is not touched, and that is checked.

    Args:
        plan: The application, by its plan.
        backup: What to restore: "newest proved", or a backup's name.
        ransomware: Rehearse the rebuild from the last clean backup instead. The primary is left alone all the same.
        dry_run: Only say what would be done.

    Returns:
        The incident's identifier.
    """
    async with open_run("drill", plan, dry_run=dry_run, exclusive=True, turned=rehearsal_plan) as run:
        await check_rehearsal(run, plan=plan)
        await clear(run)  # what a drill that was killed may have left
        wanted = None if backup == NEWEST_PROVED else backup
        try:
            async with asyncio.timeout(_seconds(run)):
                walk = Walk(plan=plan, wanted=wanted) if ransomware else None
                await recover(run, Recovery(wanted, insisted=True, rehearsal=True, clean=walk))
        except TimeoutError:
            raise RecoveryError(f"The drill was stopped: it took longer than {_seconds(run):g} s.") from None
        finally:
            await write_report(run)
            await clear(run)
        await finish(run)
        await keep_forecast(run, plan=plan)
        return run.incident


async def clear(run: Run) -> None:
    """Parks the name first: nobody is to be sent to what goes away."""
    await park_name(run)
    await remove_copy(run)


def _seconds(run: Run) -> float:
    return run.plan.drill.within.total_seconds() if run.plan.drill else 0.0
