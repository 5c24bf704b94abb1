"""The work pool that Lifeboat's runs go to."""

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists


async def make_pool(client: PrefectClient, pool: str) -> None:
    """A pool of type process, so that Prefect's own workers can serve it beside the warm runner. One that is there
    stays as it is, of whichever type."""
    try:
        await client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
    except ObjectAlreadyExists:
        return
