"""Which backups a form can offer: read from the vault."""

from typing import Any

from blocks.backups import BackupStore
from recovery.choose import proved_backups
from recovery.deployments import Offer
from recovery.plan import Plan
from tasks.opening import load_places
from tasks.threads import in_thread

DEADLINE = 60.0  # seconds


async def offer_backups(plan: Plan, on_platform: bool = True) -> Offer:
    """The backups of a plan's application, in whichever of its vaults they can be read.

    Args:
        plan: of the application.
        on_platform: whether a Prefect server has the blocks; otherwise they are in the blocks file.

    Raises:
        RecoveryError: a block is missing, or no vault could be read.
        TimeoutError: it took longer than `DEADLINE`.
    """
    policy = plan.backup
    blocks = await load_places({policy.vault, policy.keys, *policy.copies}, on_platform)
    return await in_thread(lambda: read_offer(plan, blocks), DEADLINE)


def read_offer(plan: Plan, blocks: dict[str, Any]) -> Offer:
    """The same, with the blocks at hand."""
    policy = plan.backup
    copies = {name: blocks[name] for name in policy.copies}
    store = BackupStore(blocks[policy.vault], blocks[policy.keys], copies=copies)
    backups = store.list(plan.application)
    proved = proved_backups(backups, store.verifications(plan.application))
    whole = [each.backup for each in reversed(backups) if each.manifest]
    return Offer(whole=tuple(whole), proved=tuple(proved))
