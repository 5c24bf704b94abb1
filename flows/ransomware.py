"""Ransomware: leave the infected site, keep evidence of it, and rebuild from the last clean backup on clean nodes."""

from datetime import datetime
from typing import Literal

from prefect import flow

from flows.recover import Recovery, recover
from flows.withdrawn import cancelled_when_withdrawn
from recovery.model import aware, now
from recovery.playbooks import LAST_CLEAN, UNFINISHED
from recovery.walk import Walk, may_walk
from tasks.finish import finish
from tasks.forms import PlanName
from tasks.opening import open_run
from tasks.rotate_keys import rotate_keys
from tasks.write_report import write_report


@flow(name="ransomware", flow_run_name="ransomware recovery of {plan}")
@cancelled_when_withdrawn
async def ransomware(
    plan: PlanName = "shop",
    mode: Literal["dry run", "for real"] = "dry run",
    infected_since: datetime | None = None,
    backup: str = LAST_CLEAN,
    harmless: str = "",
    break_glass: str = "",
    initiator: str = "",
    incident: str = UNFINISHED,
) -> str:
    """Recovers an application at its standby after ransomware. Starting it for real is the decision to fence.

    Args:
        plan: The application to recover, by its plan.
        mode: A dry run reads the world and says what each step would do. It changes nothing.
        infected_since: The moment of the infection, if it is known: no backup of then or later counts.
        backup: What to restore: "last clean", or a backup's name; that one is proved and looked through as well.
        harmless: Your reason for taking the signs of the backup you named for harmless. It goes on record.
        break_glass: Your reason for going on where a proof is missing. It goes on record. Empty: stop there.
        initiator: Your name, as the plan lists approvers; you cannot approve it alone. Empty: two others must.
        incident: Which incident to go on with: "unfinished" (the one that was cut off, if there is one), "new", or its
            identifier.

    Returns:
        The incident's identifier.
    """
    wanted, since = None if backup == LAST_CLEAN else backup, aware(infected_since)
    may_walk(since, wanted, harmless, now()).or_refuse()
    async with open_run(
        "ransomware",
        plan,
        dry_run=mode == "dry run",
        break_glass=break_glass or None,
        exclusive=True,
        incident=incident,
        initiator=initiator,
    ) as run:
        walk = Walk(plan=plan, infected_since=since, wanted=wanted, harmless=harmless)
        try:
            await recover(run, Recovery(insisted=True, clean=walk))
            if run.plan.ransomware and run.plan.ransomware.rotate_keys:
                await rotate_keys(run)
        finally:
            await write_report(run)
        await finish(run)
        return run.incident
