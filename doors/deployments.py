"""The deployments of a Prefect server: read as facts, and made as they ought to be."""

from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags, FlowRunFilter
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound
from prefect.utilities.callables import parameter_schema

from doors.find_flow import find_flow
from recovery.deployment import TAG, Deployment
from recovery.deployment_drift import Change, facts_of
from recovery.form import make_form

PAGE = 200
_UNDER_WAY = {"state": {"type": {"any_": ["RUNNING", "PENDING", "PAUSED", "CANCELLING"]}}}


def wanted_facts(wanted: Deployment, pool: str) -> dict[str, Any]:
    """What a deployment ought to be, with the form that its flow asks for."""
    schema = parameter_schema(find_flow(wanted.entrypoint)).model_dump(mode="json")
    return facts_of(wanted, make_form(schema, wanted.choices, wanted.parameters), pool)


async def read_deployments(client: PrefectClient, wanted: set[str]) -> dict[str, DeploymentResponse]:
    """Every deployment that carries our tag, and those that are wanted, whoever made them. By full name."""
    found: list[DeploymentResponse] = []
    tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    while len(page := await client.read_deployments(deployment_filter=tagged, limit=PAGE, offset=len(found))) == PAGE:
        found += page
    found += page
    names = {str(flow_id): (await client.read_flow(flow_id)).name for flow_id in {each.flow_id for each in found}}
    known = {f"{names[str(each.flow_id)]}/{each.name}": each for each in found}
    for name in wanted - known.keys():
        try:
            known[name] = await client.read_deployment_by_name(name)
        except ObjectNotFound:
            continue
    return known


def found_facts(found: DeploymentResponse) -> dict[str, Any]:
    """A deployment of the server in the same words as `recovery.deployment_drift.facts_of`."""
    limit, options = found.global_concurrency_limit, found.concurrency_options
    strategy = options.collision_strategy.value if options else "ENQUEUE"
    active = all(each.active for each in found.schedules)
    return {
        "description": found.description or "",
        "entrypoint": found.entrypoint,
        "tags": sorted(found.tags),
        "parameters": found.parameters,
        "schedules": sorted((_schedule(each) for each in found.schedules), key=lambda each: str(each["slug"])),
        "at once": f"{limit.limit}, {strategy}" if limit else "any number",
        "work pool": found.work_pool_name,
        "form": found.parameter_openapi_schema or {},
        "form enforced": bool(found.enforce_parameter_schema),
        "paused": bool(found.paused) or not active,
    }


async def put(client: PrefectClient, wanted: Deployment, facts: dict[str, Any], change: Change, there: Any) -> None:
    """Makes one deployment as it ought to be. Where only its form differs, its schedules are not touched."""
    if there is not None and all(each.startswith("form differs") for each in change.fields):
        await client.update_deployment(there.id, DeploymentUpdate(parameter_openapi_schema=facts["form"]))
        return
    flow: Flow[Any, Any] = find_flow(wanted.entrypoint)
    await client.create_deployment(
        flow_id=await client.create_flow(flow),
        name=wanted.name,
        description=wanted.description,
        entrypoint=wanted.entrypoint,
        tags=list(wanted.tags),
        parameters=wanted.parameters,
        schedules=[
            DeploymentScheduleCreate(
                schedule=CronSchedule(cron=each.cron, timezone=each.timezone),
                slug=each.slug,
                parameters=each.parameters,
            )
            for each in wanted.schedules
        ],
        concurrency_limit=1,
        concurrency_options=ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy(wanted.collision)),
        work_pool_name=facts["work pool"],
        parameter_openapi_schema=facts["form"],
        enforce_parameter_schema=True,
        paused=False,
    )


async def with_runs_under_way(client: PrefectClient, ids: dict[str, UUID]) -> set[str]:
    """Those deployments, by full name, that have a run under way."""
    runs = FlowRunFilter.model_validate({**_UNDER_WAY, "deployment_id": {"any_": list(ids.values())}})
    busy = {run.deployment_id for run in await client.read_flow_runs(flow_run_filter=runs)} if ids else set()
    return {name for name, each in ids.items() if each in busy}


def _schedule(found: Any) -> dict[str, Any]:
    inner = found.schedule
    return {
        "slug": found.slug,
        "cron": getattr(inner, "cron", None),
        "timezone": getattr(inner, "timezone", None),
        "parameters": found.parameters,
    }
