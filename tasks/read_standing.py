"""Reads from its vault where one application stands."""

import asyncio
from datetime import datetime
from typing import Any

from blocks.backups import BackupStore
from blocks.snapshot_records import SnapshotRecords
from recovery.coverage import Ledger
from recovery.errors import RecoveryError
from recovery.fleet import Standing, stand, unknown
from recovery.model import Frozen, now
from recovery.places import plan_file
from recovery.plan import Plan
from recovery.plan_file import read_plan
from recovery.snapshots import say_standing
from recovery.telling import decide_told
from tasks.coverage_book import CoverageBook
from tasks.opening import load_places
from tasks.threads import in_thread

DEADLINE = 600.0  # seconds to read one vault's manifests and records


class Looked(Frozen):
    """What is known of one application.

    Args:
        standing: where it stands.
        chats: the chat blocks that its people read.
        ledger: its coverage, or None where it could not be read.
    """

    standing: Standing
    chats: tuple[str, ...] = ()
    ledger: Ledger | None = None


async def read_standing(plan: str, trouble: str | None, on_platform: bool) -> Looked:
    """Where an application stands after its verification. Never raises: one that fails must not stop the others.

    Args:
        plan: its plan's name.
        trouble: what went wrong in its verification, or None.
        on_platform: whether a Prefect server has the blocks; otherwise they are in the blocks file.
    """
    chats: tuple[str, ...] = ()
    try:
        read = await asyncio.to_thread(read_plan, plan_file(plan))
        chats, policy = tuple(decide_told(read.notifications, "verification failed").facts["to"]), read.backup
        blocks = await load_places({policy.vault, policy.keys, *policy.copies}, on_platform)
        ledger, locked = await in_thread(lambda: _read(read, blocks), DEADLINE)
        kept = await in_thread(lambda: _kept(read, blocks), DEADLINE)
    except RecoveryError as error:
        return Looked(standing=unknown(plan, trouble or error.what), chats=chats)
    except TimeoutError:
        return Looked(standing=unknown(plan, f"Its vault was not read within {DEADLINE:g} s"), chats=chats)
    except Exception as error:  # noqa: BLE001  (whatever befalls one application, the page shows the others)
        what = trouble or f"Its vault could not be read: {type(error).__name__}"
        return Looked(standing=unknown(plan, what), chats=chats)
    standing = stand(ledger, read.objectives.rpo, now(), trouble, locked)
    return Looked(standing=standing.model_copy(update={"kept": kept}), chats=chats, ledger=ledger)


def _read(plan: Plan, blocks: dict[str, Any]) -> tuple[Ledger, datetime | None]:
    """The ledger, and how long the lock on the newest proved backup holds."""
    policy = plan.backup
    copies = {name: blocks[name] for name in policy.copies}
    store = BackupStore(blocks[policy.vault], blocks[policy.keys], copies=copies)
    ledger = CoverageBook(store, plan.application).read().ledger
    proved = ledger.newest_proved
    return ledger, store.care.locked_until(plan.application, proved.backup) if proved else None


def _kept(plan: Plan, blocks: dict[str, Any]) -> tuple[str, ...]:
    """A line on each thing whose backups its provider keeps, by what is on record of them."""
    vaults = {name: blocks[name] for name in (plan.backup.vault, *plan.backup.copies)}
    records = SnapshotRecords(vaults, blocks[plan.backup.keys])
    return tuple(say_standing(name, records.read(plan.application, name), now()) for name in plan.snapshots)
