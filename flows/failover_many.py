"""Failover of many applications: by need and tier, many at once; one that fails holds back only those that need it."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact
from prefect.context import FlowRunContext
from prefect.exceptions import CancelledRun

from flows.failover import failover
from recovery.errors import NotProved, RecoveryError
from recovery.places import plan_file, plan_names
from recovery.plan import Plan
from recovery.plan_file import read_plan
from recovery.waves import Recovered, check_needs, held_back, next_to_begin, render_waves

Mode = Literal["dry run", "for real"]


@flow(name="failover-many", flow_run_name="failover of many applications")
async def failover_many(
    plans: list[str] | None = None,
    mode: Mode = "dry run",
    at_once: int = 4,
    even_if_primary_answers: bool = False,
    break_glass: str = "",
    initiator: str = "",
) -> str:
    """Recovers many applications at their standby sites, each by its own failover.

    Args:
        plans: The applications, by their plans. Empty: every plan there is.
        mode: A dry run reads the world and says what each step would do. It changes nothing.
        at_once: How many are recovered at the same time.
        even_if_primary_answers: Fail over although a primary still answers its health probe.
        break_glass: Your reason for going on where a proof is missing. It goes on record. Empty: stop there.
        initiator: Your name, as the plans list approvers; you cannot approve alone. Empty: two others must.

    Returns:
        A page that says what came of each.
    """
    read = {plan.application: (name, plan) for name in plans or plan_names() for plan in [read_plan(plan_file(name))]}
    known = {application: plan for application, (_, plan) in read.items()}
    check_needs(known)
    on_platform = FlowRunContext.get() is not None

    async def one(application: str) -> Recovered:
        name, plan = read[application]
        begun = time.monotonic()
        try:
            said = await (failover if on_platform else failover.fn)(
                plan=name,
                mode=mode,
                even_if_primary_answers=even_if_primary_answers,
                break_glass=break_glass,
                initiator=initiator,
            )
        except (RecoveryError, CancelledRun) as error:
            said = error.what if isinstance(error, RecoveryError) else f"It was withdrawn or cancelled: {error}"
            return _ended(plan, "failed", said, begun)
        except Exception as error:  # noqa: BLE001  (whatever befalls one application, the others are recovered)
            return _ended(plan, "failed", f"Its failover broke down: {type(error).__name__}", begun)
        return _ended(plan, "recovered", f"Incident {said}.", begun)

    found = await _all(known, one, at_once)
    page = render_waves(found)
    if on_platform:
        await acreate_markdown_artifact(page, key="failover-many", description="What came of each application")
    if bad := [each for each in found if not each.runs]:
        raise NotProved(
            " ".join(f"{each.application} is {each.state}: {each.sentence}" for each in bad),
            changed="The other applications were recovered.",
            remedy="Mend what failed first, then run this again: what was recovered is found so.",
        )
    return page


async def _all(
    plans: dict[str, Plan], one: Callable[[str], Coroutine[Any, Any, Recovered]], at_once: int
) -> list[Recovered]:
    """Begins each as soon as those that it needs have ended, the most urgent first, so many at once."""
    ended: dict[str, Recovered] = {}
    running: dict[str, asyncio.Task[Recovered]] = {}
    while True:
        for each in held_back(plans, ended):
            ended[each.application] = each
        free = max(1, at_once) - len(running)
        for application in next_to_begin(plans, running, ended)[: max(0, free)]:
            running[application] = asyncio.ensure_future(one(application))
        if not running:
            return list(ended.values())
        await asyncio.wait(running.values(), return_when=asyncio.FIRST_COMPLETED)
        for application, task in list(running.items()):
            if task.done():
                ended[application] = running.pop(application).result()


def _ended(plan: Plan, state: Literal["recovered", "failed"], sentence: str, begun: float) -> Recovered:
    return Recovered(
        application=plan.application,
        tier=plan.tier,
        state=state,
        sentence=sentence,
        seconds=round(time.monotonic() - begun, 3),
    )
