"""Rotate keys: wrap the key of every backup anew, for those who may open it from now on."""

from typing import Literal

from prefect import flow

from tasks.forms import PlanName
from tasks.opening import open_run
from tasks.rotate_keys import rotate_keys as rotate


@flow(name="rotate-keys", flow_run_name="rotate the keys of {plan}")
async def rotate_keys(plan: PlanName = "shop", mode: Literal["dry run", "for real"] = "dry run") -> str:
    """Wraps the key of every backup anew for the recipients that the block of keys names now. No data is copied.

    Args:
        plan: The application whose backups they are, by its plan.
        mode: A dry run says how many backups there are. It changes nothing.

    Returns:
        What was done.
    """
    async with open_run("rotate-keys", plan, dry_run=mode == "dry run", exclusive=True) as run:
        rotated = await rotate(run)
        return rotated.sentence
