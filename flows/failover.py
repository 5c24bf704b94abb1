"""Failover: the primary site is dead; bring the application back at its standby."""

from typing import Literal

from prefect import flow

from recovery.failover import Alert
from recovery.model import now
from tasks.apply_terraform import apply_terraform
from tasks.approve import approve
from tasks.choose_backup import choose_backup
from tasks.configure_standby import configure_standby
from tasks.declare_incident import declare_incident
from tasks.fence_primary import fence_primary
from tasks.finish import finish
from tasks.forms import PlanName
from tasks.measure_loss import measure_loss
from tasks.opening import open_run
from tasks.plan_terraform import plan_terraform
from tasks.probe_dns import probe_dns
from tasks.probe_health import probe_health
from tasks.promote_standby import promote_standby
from tasks.restore_components import restore_components
from tasks.run import Run
from tasks.swap_dns import swap_dns
from tasks.together import together
from tasks.unfinished import UNFINISHED
from tasks.write_report import write_report

NEWEST_PROVED = "newest proved"


@flow(name="failover", flow_run_name="failover of {plan}")
async def failover(
    plan: PlanName = "shop",
    mode: Literal["dry run", "for real"] = "dry run",
    backup: str = NEWEST_PROVED,
    even_if_primary_answers: bool = False,
    break_glass: str = "",
    initiator: str = "",
    alert: Alert | None = None,
    incident: str = UNFINISHED,
) -> str:
    """Recovers an application at its standby site.

    Args:
        plan: The application to recover, by its plan.
        mode: A dry run reads the world and says what each step would do. It changes nothing.
        backup: What to restore: "newest proved", or a backup's name.
        even_if_primary_answers: Fail over although the primary still answers its health probe.
        break_glass: Your reason for going on where a proof is missing. It goes on record. Empty: stop there.
        initiator: Your name, as the plan lists approvers; you cannot approve it alone. Empty: two others must.
        alert: What the uptime monitor saw. It fills this in by itself.
        incident: Which incident to go on with: "unfinished" (the one that was cut off, if there is one), "new", or its
            identifier.

    Returns:
        The incident's identifier.
    """
    dry_run = mode == "dry run"
    reason = break_glass or None
    async with open_run(
        "failover",
        plan,
        dry_run=dry_run,
        break_glass=reason,
        exclusive=True,
        incident=incident,
        initiator=initiator,
    ) as run:
        if not run.earlier.lines:
            run.journal.write("mark", "started", "The playbook started.", at=now().isoformat())
        try:
            await _recover(run, None if backup == NEWEST_PROVED else backup, even_if_primary_answers, alert)
        finally:
            await write_report(run)
        await finish(run)
        return run.incident


async def _recover(run: Run, wanted: str | None, insisted: bool, alert: Alert | None) -> None:
    """The order of a recovery, and nothing else."""
    incident = await declare_incident(run, alert=alert, insisted=insisted)
    if incident.state == "found done" and not run.dry_run:
        return
    backup, change = await together(choose_backup(run, wanted=wanted), plan_terraform(run))
    await approve(run, backup, change)
    fence = await fence_primary(run, backup=backup)
    restored, _ = await together(
        restore_components(run, backup=backup.facts["backup"]), apply_terraform(run, change=change)
    )
    await measure_loss(run, restored=restored)
    await promote_standby(run, fence=fence)
    await configure_standby(run)
    await probe_health(run)
    await swap_dns(run)
    await probe_dns(run)
