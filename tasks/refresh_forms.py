"""Has the forms of the Prefect UI offer the backups that there are now."""

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.exceptions import ObjectNotFound, PrefectException

from recovery.deployments import OFFERED, Offer, choices_of
from recovery.errors import RecoveryError
from recovery.form import with_choices
from recovery.plan import Plan
from tasks.offer_backups import read_offer
from tasks.run import Run


async def refresh_forms(run: Run) -> None:
    """Never fails the run: an old list is no loss, since any other backup can be typed in by name."""
    if run.dry_run or not run.on_platform:
        return
    try:
        offer = await read_offer(run.backups, run.plan.application)
        async with get_client() as client:
            for flow in OFFERED:
                await _refresh(client, flow, run.plan, offer)
    except (RecoveryError, TimeoutError, PrefectException, httpx.HTTPError) as error:
        run.say(f"The forms offer the backups that there were before: {type(error).__name__}.")


async def _refresh(client: PrefectClient, flow: str, plan: Plan, offer: Offer) -> None:
    """One form, if it is deployed, and differs: a change makes Prefect plan its scheduled runs anew."""
    try:
        there = await client.read_deployment_by_name(f"{flow}/{plan.application}")
    except ObjectNotFound:
        return
    form = there.parameter_openapi_schema or {}
    if "backup" not in form.get("properties", {}):
        return
    fresh = with_choices(form, {"backup": choices_of(flow, plan, offer)["backup"]})
    if fresh != form:
        await client.update_deployment(there.id, DeploymentUpdate(parameter_openapi_schema=fresh))
