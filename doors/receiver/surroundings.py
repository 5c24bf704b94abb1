"""An application's plan and what belongs to it, read once and again when it has changed."""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import NamedTuple

from prefect.blocks.core import Block

from blocks.chat.courier import Courier
from blocks.registry import load_blocks
from blocks.vaults.kind import Vault
from doors.records import Records
from recovery.errors import Missing
from recovery.places import outbox, plan_file
from recovery.plan import Plan
from recovery.plan_file import read_plan
from recovery.plan_references import chats
from tasks.load_chats import load_chats

FRESH = 300.0  # seconds that blocks are used before they are read again
log = logging.getLogger("lifeboat.receiver")


class Surroundings(NamedTuple):
    """What decisions about an application need.

    Args:
        plan: its plan.
        records: what vantage points and journals say.
        courier: tells people.
    """

    plan: Plan
    records: Records
    courier: Courier


class Applications:
    """Every application that alerts may concern."""

    def __init__(self) -> None:
        self._plans: dict[str, tuple[float, Plan]] = {}
        self._known: dict[str, tuple[float, Surroundings]] = {}

    def plan(self, application: str) -> Plan:
        """The plan as its file is now. Raises `RecoveryError` where there is none, or it has faults."""
        path = plan_file(application)
        try:
            changed = path.stat().st_mtime
        except OSError as error:
            raise Missing(f"There is no plan for {application}: {path}.") from error
        known = self._plans.get(application)
        if known is None or known[0] != changed:
            self._plans[application] = known = (changed, read_plan(path))
        return known[1]

    async def surroundings(self, application: str) -> Surroundings:
        """The plan with its vault and its chats. Raises `RecoveryError`, or what the Prefect client raises."""
        plan = self.plan(application)
        known = self._known.get(application)
        if known and known[1].plan is plan and time.monotonic() - known[0] < FRESH:
            return known[1]
        blocks = await load_blocks({plan.backup.vault})
        courier = Courier(await load_chats(chats(plan), on_platform=True), outbox())
        made = Surroundings(plan, Records(_vault(plan, blocks), application), courier)
        if known:
            await asyncio.to_thread(known[1].courier.close, 1.0)
        self._known[application] = (time.monotonic(), made)
        return made

    def close(self) -> None:
        """Waits a moment for what people are still to be told."""
        for _, each in self._known.values():
            each.courier.close(5.0)


def _vault(plan: Plan, blocks: Mapping[str, Block]) -> Vault:
    vault = blocks[plan.backup.vault]
    if not isinstance(vault, Vault):
        raise Missing(f"{plan.backup.vault} is not a vault.", remedy="See `lifeboat plan check`.")
    return vault
