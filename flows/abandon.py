"""Abandon: give up a failover that promoted nothing yet, and leave things as they were before it."""

from typing import Literal

from prefect import flow

from blocks.chat.kind import Message
from recovery.model import now
from recovery.playbooks import UNFINISHED
from recovery.resume import ABANDONED
from tasks.discard_restored import discard_restored
from tasks.forms import PlanName
from tasks.lower_fence import lower_fence
from tasks.opening import open_run


@flow(name="abandon", flow_run_name="abandon a failover of {plan}")
async def abandon(
    plan: PlanName = "shop", mode: Literal["dry run", "for real"] = "dry run", incident: str = UNFINISHED
) -> str:
    """Lowers the fence, so that the primary takes writes again, and removes what was restored at the standby.

    Refused once the standby was promoted: it may hold writes that nobody else has.

    Args:
        plan: The application, by its plan.
        mode: A dry run says what would be done. It changes nothing.
        incident: Which failover: "unfinished" (the one that was cut off), or its identifier.

    Returns:
        The incident's identifier.
    """
    dry_run = mode == "dry run"
    async with open_run("failover", plan, dry_run=dry_run, exclusive=True, incident=incident, goes_on=True) as run:
        await lower_fence(run)
        await discard_restored(run)
        if not dry_run:
            run.journal.write("mark", ABANDONED, "The failover was abandoned.", at=now().isoformat())
            title = f"The failover of {run.plan.application} was given up; nothing was promoted"
            run.tell(Message(incident=run.incident, kind="finished", title=title))
        return run.incident
