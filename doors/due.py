"""Whether a work pool has a run that is due, without having the server write anything."""

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import StateType

from recovery.model import now


async def is_due(client: PrefectClient, pool: str) -> bool:
    """Only reads. Asking for the pool's runs has the server write down that the pool was polled, and its SQLite has one
    writer at a time: four times a second, that is what the steps of a recovery would wait for.

    Args:
        client: of the server.
        pool: the work pool's name.
    """
    due = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        next_scheduled_start_time=FlowRunFilterNextScheduledStartTime(before_=now()),
    )
    wanted = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool]))
    return bool(await client.read_flow_runs(flow_run_filter=due, work_pool_filter=wanted, limit=1))
