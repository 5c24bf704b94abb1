"""The dead man's switch: automations of Prefect that tell people when a sign of life stays away.

They live in the Prefect server, and its database: they need neither the monitor nor a worker. A switch is armed by the
first sign of life, and tells people once for each silence.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound

from recovery.duration import say_duration
from recovery.errors import Missing
from recovery.plan import Plan
from recovery.telling import decide_told
from tasks.beat import FLEET, MONITOR, VERIFICATION, resource_of_monitor

NIGHT = timedelta(hours=26)  # a nightly verification that ends two hours late is not silent yet


def switches_of(plan: Plan, chats: Mapping[str, UUID]) -> list[AutomationCore]:
    """The automations that watch over a plan's monitors, and over the verification of the fleet.

    Args:
        plan: the plan.
        chats: the identifiers of the blocks that are told of an outage, by "type/name".
    """
    watched = plan.automatic.vantage_points or ("here",)
    made = [
        _switch(
            name=f"lifeboat: silence of the monitor of {plan.application} ({point})",
            event=MONITOR,
            resource=resource_of_monitor(plan.application, point),
            within=plan.monitor.silence,
            chats=chats,
        )
        for point in watched
    ]
    nightly = f"lifeboat: silence of the nightly verification (told by {plan.application})"
    return [*made, _switch(name=nightly, event=VERIFICATION, resource=FLEET, within=NIGHT, chats=chats)]


async def arm(plan: Plan) -> list[str]:
    """Makes the automations of a plan in the Prefect server, over older ones of the same names.

    Returns:
        Their names.

    Raises:
        Missing: nobody would be told.
    """
    told = decide_told(plan.notifications, "outage").facts["to"]
    async with get_client() as client:
        chats = {name: found for name in told if (found := await _find_block(client, name))}
        if not chats:
            what = f"The Prefect server has none of the blocks that are told of an outage: {', '.join(told) or 'none'}."
            raise Missing(what, remedy="Register them: lifeboat blocks register FILE; see notifications in the plan.")
        switches = switches_of(plan, chats)
        for switch in switches:
            await _put(client, switch)
    return [switch.name for switch in switches]


async def _put(client: PrefectClient, switch: AutomationCore) -> None:
    """One of that name, and only one: made anew, as its trigger's memory is of the old one."""
    for old in await client.read_automations_by_name(switch.name):
        await client.delete_automation(old.id)
    await client.create_automation(switch)


async def _find_block(client: PrefectClient, reference: str) -> UUID | None:
    kind, _, name = reference.partition("/")
    try:
        return (await client.read_block_document_by_name(name, kind)).id
    except ObjectNotFound:
        return None


def _switch(name: str, event: str, resource: str, within: timedelta, chats: Mapping[str, UUID]) -> AutomationCore:
    silence = say_duration(within.total_seconds())
    body = f"Nothing was heard of {resource} for {silence}.\nIt would not notice an outage now. Start it again."
    return AutomationCore(
        name=name,
        description=f"Tells people where {resource} gives no sign of life for {silence}. Made by Lifeboat.",
        trigger=EventTrigger(
            posture=Posture.Proactive,
            after={event},
            expect={event},
            match=ResourceSpecification({"prefect.resource.id": resource}),
            threshold=1,
            within=within,
        ),
        actions=[SendNotification(block_document_id=each, subject=name, body=body) for each in chats.values()],
    )
