"""Failback: back to the primary, once the application runs at its standby. Nothing written there is lost."""

from typing import Literal

from prefect import flow

from flows.recover import Recovery, recover
from flows.rotate import put_back
from flows.withdrawn import cancelled_when_withdrawn
from recovery.playbooks import UNFINISHED
from recovery.reverse import way_back
from tasks.finish import finish
from tasks.forms import PlanName
from tasks.opening import open_run
from tasks.write_report import write_report


@flow(name="failback", flow_run_name="failback of {plan}")
@cancelled_when_withdrawn
async def failback(
    plan: PlanName = "shop",
    mode: Literal["dry run", "for real"] = "dry run",
    break_glass: str = "",
    initiator: str = "",
    incident: str = UNFINISHED,
) -> str:
    """Moves an application back to its primary: a graceful failover, the other way round.

    Where both sites serve (active-active), the one that is out of rotation is put back.

    Args:
        plan: The application, by its plan.
        mode: A dry run reads the world and says what each step would do. It changes nothing.
        break_glass: Your reason for going on where a proof is missing. It goes on record. Empty: stop there.
        initiator: Your name, as the plan lists approvers; you cannot approve it alone. Empty: two others must.
        incident: Which failback to go on with: "unfinished" (the one that was cut off, if there is one), "new", or its
            identifier.

    Returns:
        The incident's identifier.
    """
    async with open_run(
        "failback",
        plan,
        dry_run=mode == "dry run",
        break_glass=break_glass or None,
        exclusive=True,
        incident=incident,
        initiator=initiator,
        turned=way_back,
    ) as run:
        try:
            if run.plan.strategy == "active-active":
                await put_back(run)
            else:
                await recover(run, Recovery(insisted=True, graceful=True, back=True))
        finally:
            await write_report(run)
        await finish(run)
        return run.incident
