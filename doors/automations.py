"""The automations of a Prefect server: read by name, so that none is ever there twice."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.exceptions import ObjectNotFound

from recovery.deployment import TAG
from recovery.deployment_drift import Change
from recovery.errors import Missing

KIND = "automation "


async def read_automations(client: PrefectClient) -> dict[str, list[Automation]]:
    """Every automation that carries our tag, by name. More than one of a name is one too many."""
    found: dict[str, list[Automation]] = {}
    for each in await client.read_automations():
        if TAG in each.tags:
            found.setdefault(each.name, []).append(each)
    return found


_SETS = {"after", "expect", "for_each"}  # of a trigger: they come in another order each time


async def with_blocks(client: PrefectClient, wanted: Mapping[str, dict[str, Any]]) -> dict[str, AutomationCore]:
    """Automations with the identifiers of the blocks that they name.

    Raises:
        Missing: the server does not have such a block.
    """
    return {
        name: AutomationCore.model_validate(
            {**each, "actions": [await _resolved(client, one) for one in each["actions"]]}
        )
        for name, each in wanted.items()
    }


def facts_of_automation(automation: AutomationCore) -> dict[str, Any]:
    """What is compared."""
    shown = AutomationCore.model_validate(automation.model_dump(mode="json")).model_dump(mode="json")
    trigger = shown["trigger"]
    trigger.pop("id", None)
    for word in _SETS & trigger.keys():
        trigger[word] = sorted(trigger[word])
    return shown


async def put_automations(
    client: PrefectClient,
    changes: Sequence[Change],
    wanted: Mapping[str, AutomationCore],
    found: Mapping[str, Sequence[Automation]],
) -> None:
    """Carries out the changes that are of automations."""
    for change in changes:
        name = change.what.removeprefix(KIND)
        there: list[UUID] = [each.id for each in found.get(name, ())]
        if change.kind == "create":
            await client.create_automation(wanted[name])
            continue
        if change.kind == "change":
            await client.update_automation(there.pop(0), wanted[name])
        for identifier in there:
            await client.delete_automation(identifier)


async def _resolved(client: PrefectClient, action: Mapping[str, Any]) -> dict[str, Any]:
    if "block" not in action:
        return dict(action)
    slug, _, name = action["block"].partition("/")
    try:
        found = await client.read_block_document_by_name(name, slug, include_secrets=False)
    except ObjectNotFound as error:
        raise Missing(
            f"The Prefect server has no block {action['block']}, by which people are told.",
            remedy="Register the blocks: lifeboat deploy --blocks FILE.",
        ) from error
    return {word: value for word, value in action.items() if word != "block"} | {"block_document_id": str(found.id)}
