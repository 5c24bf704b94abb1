"""Failover: the primary site is dead, or is to be left; bring the application to its standby."""

from typing import Literal

from prefect import flow

from flows.recover import Recovery, recover
from flows.rotate import take_out
from flows.withdrawn import cancelled_when_withdrawn
from recovery.asked import asked_of_people
from recovery.bound_for import AS_PLANNED, bound_for
from recovery.failover import Alert
from recovery.playbooks import NEWEST_PROVED, UNFINISHED
from tasks.finish import finish
from tasks.forms import PlanName
from tasks.opening import open_run
from tasks.write_report import write_report


@flow(name="failover", flow_run_name="failover of {plan}")
@cancelled_when_withdrawn
async def failover(
    plan: PlanName = "shop",
    mode: Literal["dry run", "for real"] = "dry run",
    graceful: bool = False,
    backup: str = NEWEST_PROVED,
    even_if_primary_answers: bool = False,
    break_glass: str = "",
    initiator: str = "",
    alert: Alert | None = None,
    incident: str = UNFINISHED,
    ask: bool = False,
    site: str = AS_PLANNED,
) -> str:
    """Recovers an application at its standby site.

    Args:
        plan: The application to recover, by its plan.
        mode: A dry run reads the world and says what each step would do. It changes nothing.
        graceful: The primary is alive: stop its writes, take a last backup, and lose nothing.
        backup: What to restore: "newest proved", or a backup's name. Not asked where it is graceful.
        even_if_primary_answers: Fail over although the primary still answers its health probe.
        break_glass: Your reason for going on where a proof is missing. It goes on record. Empty: stop there.
        initiator: Your name, as the plan lists approvers; you cannot approve it alone. Empty: two others must.
        alert: What the uptime monitor saw, or another system's alert. They fill this in by themselves.
        incident: Which incident to go on with: "unfinished" (the one that was cut off, if there is one), "new", or its
            identifier.
        ask: Wait for the plan's approvers, even where the plan itself is the approval.
        site: Where you mean to bring it. The recovery is refused where the plan says otherwise.

    Returns:
        The incident's identifier.
    """
    async with open_run(
        "failover",
        plan,
        dry_run=mode == "dry run",
        break_glass=break_glass or None,
        exclusive=True,
        incident=incident,
        initiator=initiator,
        turned=lambda read: bound_for(site)(asked_of_people(read) if ask else read),
    ) as run:
        wanted = None if backup == NEWEST_PROVED else backup
        asked = Recovery(wanted, even_if_primary_answers or graceful, alert, graceful)
        try:
            await (take_out if run.plan.strategy == "active-active" else recover)(run, asked)
        finally:
            await write_report(run)
        await finish(run)
        return run.incident
