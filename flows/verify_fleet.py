"""Verify fleet: the backups of every application, many at once; one that fails never stops the others."""

import asyncio

from prefect import flow
from prefect.context import FlowRunContext

from flows.verify import verify
from recovery.errors import Busy, NotProved, RecoveryError, Refused
from recovery.places import plan_names
from tasks.beat import FLEET, VERIFICATION, beat_once
from tasks.publish_fleet import publish_fleet
from tasks.read_standing import Looked, read_standing
from tasks.verify_on_worker import verify_on_worker


@flow(name="verify-fleet", flow_run_name="verify the fleet")
async def verify_fleet(
    plans: list[str] | None = None, at_once: int = 4, more_within_budget: bool = True, on_workers: bool = False
) -> str:
    """Verifies the newest backup of every application, then others, within each plan's budget of time.

    Args:
        plans: The applications, by their plans. Empty: every plan there is.
        at_once: How many are verified at the same time.
        more_within_budget: After the newest backup, verify others too, as many as each plan's budget allows.
        on_workers: Leave each to the workers of its work pool, by its deployment verify/PLAN.

    Returns:
        The page that says where every application stands.
    """
    on_platform, places = FlowRunContext.get() is not None, asyncio.Semaphore(max(1, at_once))
    if on_workers and not on_platform:
        raise Refused("Without a Prefect server there are no workers.", remedy="Verify here: leave out on_workers.")

    async def one(plan: str) -> Looked:
        async with places:
            trouble = await _trouble_of(plan, more_within_budget, on_platform, on_workers)
            return await read_standing(plan, trouble, on_platform)

    fleet = await asyncio.gather(*(one(plan) for plan in plans or plan_names()))
    page = await publish_fleet(fleet, on_platform)
    if on_platform:
        beat_once(VERIFICATION, FLEET, applications=len(fleet))
    if bad := [each.standing for each in fleet if each.standing.state != "green"]:
        raise NotProved(
            " ".join(each.alert or f"{each.application}: {each.why}" for each in bad),
            remedy="The artifacts `fleet` and `coverage` say more of each.",
        )
    return page


async def _trouble_of(plan: str, more: bool, on_platform: bool, on_workers: bool) -> str | None:
    """Verifies one application; gives what went wrong, in a sentence, or None."""
    try:
        if on_workers:
            await verify_on_worker(plan, more)
        else:
            await (verify if on_platform else verify.fn)(plan=plan, more_within_budget=more)
    except Busy:
        return None  # another run verifies it right now: what is on record says where it stands
    except RecoveryError as error:
        return error.what
    except Exception as error:  # noqa: BLE001  (whatever befalls one application, the others are verified)
        return f"Its verification broke down: {type(error).__name__}"
    return None
