"""What the steps about holds, evidence and other signed records have in common."""

from blocks.holds import Holds
from blocks.keys import BackupKeys
from blocks.signed_records import SignedRecords
from blocks.vaults.kind import Vault
from recovery.decision import Decision
from recovery.hold import may_back_up, may_remove
from tasks.run import Run


def _places(run: Run) -> tuple[dict[str, Vault], BackupKeys]:
    vaults = {name: run.block(name, Vault) for name in run.plan.backup.copies}  # type: ignore[type-abstract]
    return {"the main vault": run.vault, **vaults}, run.block(run.plan.backup.keys, BackupKeys)


def holds(run: Run) -> Holds:
    """The holds on record in the vaults of the plan."""
    return Holds(*_places(run))


def signed_records(run: Run) -> SignedRecords:
    """Signed records in the vaults of the plan."""
    return SignedRecords(*_places(run))


def removal(run: Run) -> Decision:
    """Whether anything of the application's backups may be removed now."""
    return may_remove(holds(run).standing(run.plan.application), run.plan.application)


def backing_up(run: Run, site: str) -> Decision:
    """Whether a site may be backed up now.

    Args:
        site: `primary` or `standby`, of the plan that is carried out.
    """
    region = (run.plan.sites.primary if site == "primary" else run.plan.sites.standby).region
    return may_back_up(holds(run).standing(run.plan.application), run.plan.application, region)


def started_by(run: Run) -> str:
    """Who started it, as the journal has it."""
    opened = [line for line in run.journal.lines if line.kind == "opened"]
    ran = str(opened[0].data.get("started_by", "")) if opened else ""
    return f"{run.initiator} ({ran})" if run.initiator else ran or "nobody knows whom"
