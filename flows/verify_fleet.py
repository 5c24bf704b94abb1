"""Verify fleet: the backups of every application, many at once; one that fails never stops the others."""

import asyncio

from prefect import flow
from prefect.context import FlowRunContext

from flows.verify import verify
from recovery.errors import NotProved, RecoveryError
from recovery.fleet import Standing
from recovery.places import plan_names
from tasks.publish_fleet import publish_fleet
from tasks.read_standing import read_standing


@flow(name="verify-fleet", flow_run_name="verify the fleet")
async def verify_fleet(plans: list[str] | None = None, at_once: int = 4, more_within_budget: bool = True) -> str:
    """Verifies the newest backup of every application, then others, within each plan's budget of time.

    Args:
        plans: The applications, by their plans. Empty: every plan there is.
        at_once: How many are verified at the same time.
        more_within_budget: After the newest backup, verify others too, as many as each plan's budget allows.

    Returns:
        The page that says where every application stands.
    """
    on_platform, places = FlowRunContext.get() is not None, asyncio.Semaphore(max(1, at_once))

    async def one(plan: str) -> tuple[Standing, tuple[str, ...]]:
        async with places:
            return await read_standing(plan, await _trouble_of(plan, more_within_budget, on_platform), on_platform)

    found = await asyncio.gather(*(one(plan) for plan in plans or plan_names()))
    standings = [standing for standing, _ in found]
    page = await publish_fleet(standings, [chat for _, chats in found for chat in chats], on_platform)
    if bad := [each for each in standings if each.state != "green"]:
        raise NotProved(
            " ".join(each.alert or f"{each.application}: {each.why}" for each in bad),
            remedy="The artifact `fleet` says more of each.",
        )
    return page


async def _trouble_of(plan: str, more: bool, on_platform: bool) -> str | None:
    """Verifies one application; gives what went wrong, in a sentence, or None."""
    try:
        await (verify if on_platform else verify.fn)(plan=plan, more_within_budget=more)
    except RecoveryError as error:
        return error.what
    except Exception as error:  # noqa: BLE001  (whatever befalls one application, the others are verified)
        return f"Its verification broke down: {type(error).__name__}"
    return None
