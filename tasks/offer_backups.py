"""Which backups a form can offer: read from the vault."""

from blocks.backups import BackupStore
from recovery.choose import proved_backups
from recovery.deployments import Offer
from recovery.plan import Plan
from tasks.opening import load_places
from tasks.threads import in_thread

DEADLINE = 60.0  # seconds


async def offer_backups(plan: Plan) -> Offer:
    """The backups of a plan's application, in whichever of its vaults they can be read, by the server's blocks.

    Raises:
        RecoveryError: a block is missing, or no vault could be read.
        TimeoutError: it took longer than `DEADLINE`.
    """
    policy = plan.backup
    blocks = await load_places({policy.vault, policy.keys, *policy.copies}, on_platform=True)
    copies = {name: blocks[name] for name in policy.copies}
    store = BackupStore(blocks[policy.vault], blocks[policy.keys], copies=copies)
    return await read_offer(store, plan.application)


async def read_offer(store: BackupStore, application: str) -> Offer:
    """The same, by a store that is open already."""

    def read() -> Offer:
        backups = store.list(application)
        proved = proved_backups(backups, store.verifications(application))
        return Offer(whole=tuple(each.backup for each in reversed(backups) if each.manifest), proved=tuple(proved))

    found: Offer = await in_thread(read, DEADLINE)
    return found
