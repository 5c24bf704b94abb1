"""Tells more people, as the plan says, while nobody answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from blocks.chat.kind import Message
from recovery.errors import RecoveryError
from recovery.escalation import decide_escalation
from recovery.model import now
from tasks.run import ESCALATED, Run


@asynccontextmanager
async def escalating(run: Run, question: Message) -> AsyncIterator[None]:
    """For the length of the block, in which an answer is awaited, the steps of the plan's escalation are taken.

    Args:
        run: the run.
        question: what people were asked.
    """
    task = asyncio.create_task(_escalate(run, question))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _escalate(run: Run, question: Message) -> None:
    """One step after the other. Those taken by an earlier run of the incident are not taken again."""
    while True:
        taken = sum(line.step == ESCALATED for line in run.journal.lines)
        decision = decide_escalation(run.plan.escalation, question.at, taken, now())
        if decision.verdict == "done":
            return
        if decision.verdict == "refuse":
            await asyncio.sleep((decision.facts["due"] - now()).total_seconds())
            continue
        run.say(decision.sentence)
        try:
            run.journal.write("mark", ESCALATED, decision.sentence, **decision.facts)
        except RecoveryError as error:
            run.say(error.what)
            return
        again = {"lines": (decision.sentence, *question.lines), "id": f"{question.id}-{taken}", "at": now()}
        run.tell(question.model_copy(update=again), only=decision.facts["tell"])
