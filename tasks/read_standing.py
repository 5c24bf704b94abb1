"""Reads from its vault where one application stands."""

import asyncio

from blocks.backups import BackupStore
from recovery.errors import RecoveryError
from recovery.fleet import Standing, stand, unknown
from recovery.model import now
from recovery.places import plan_file
from recovery.plan_file import read_plan
from tasks.coverage_book import CoverageBook
from tasks.opening import load_places
from tasks.threads import in_thread

DEADLINE = 600.0  # seconds to read one vault's manifests and records


async def read_standing(plan: str, trouble: str | None, on_platform: bool) -> tuple[Standing, tuple[str, ...]]:
    """Where an application stands after its verification.

    Args:
        plan: its plan's name.
        trouble: what went wrong in its verification, or None.
        on_platform: whether a Prefect server has the blocks; otherwise they are in the blocks file.

    Returns:
        The standing, and the chat blocks that its people read.
    """
    chats: tuple[str, ...] = ()
    try:
        read = await asyncio.to_thread(read_plan, plan_file(plan))
        chats = read.notifications
        policy = read.backup
        blocks = await load_places({policy.vault, policy.keys, *policy.copies}, on_platform)
        copies = {name: blocks[name] for name in policy.copies}
        store = BackupStore(blocks[policy.vault], blocks[policy.keys], copies=copies)
        book = CoverageBook(store, read.application)
        await in_thread(book.read, DEADLINE)
    except RecoveryError as error:
        return unknown(plan, trouble or error.what), chats
    except TimeoutError:
        return unknown(plan, f"Its vault was not read within {DEADLINE:g} s"), chats
    return stand(book.ledger, read.objectives.rpo, now(), trouble), chats
