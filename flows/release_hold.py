"""Release hold: a person says that backups may age out again, and why."""

from typing import Literal

from prefect import flow

from tasks.forms import PlanName
from tasks.opening import open_run
from tasks.release_hold import release_hold as release


@flow(name="release-hold", flow_run_name="release a hold of {plan}")
async def release_hold(
    plan: PlanName = "shop",
    mode: Literal["dry run", "for real"] = "dry run",
    held: str = "",
    by: str = "",
    reason: str = "",
) -> str:
    """Releases a hold on an application's backups. The evidence, and the record of the hold, stay.

    Args:
        plan: The application whose backups are held, by its plan.
        mode: A dry run says what would be done. It changes nothing.
        held: The incident because of which they are held.
        by: Your name. It goes on record.
        reason: Why they may age out again. It goes on record.

    Returns:
        What was done.
    """
    async with open_run("release-hold", plan, dry_run=mode == "dry run", exclusive=True) as run:
        released = await release(run, held=held, by=by, reason=reason)
        return released.sentence
