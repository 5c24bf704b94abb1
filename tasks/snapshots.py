"""What the steps about a provider's own backups have in common."""

from blocks.keys import BackupKeys
from blocks.snapshot_records import SnapshotRecords
from blocks.snapshots.kind import ManagedBackup
from blocks.vaults.kind import Vault
from recovery.decision import Decision, refuse
from tasks.live_site import live_site
from tasks.run import Run


def records(run: Run) -> SnapshotRecords:
    """The signed records in the vaults of the plan."""
    vaults = {name: run.block(name, Vault) for name in run.plan.backup.copies}  # type: ignore[type-abstract]
    return SnapshotRecords({"the main vault": run.vault, **vaults}, run.block(run.plan.backup.keys, BackupKeys))


def managed(run: Run, snapshot: str, site: str) -> ManagedBackup | None:
    """The block that takes such backups at a site, or None where the plan names none."""
    policy = run.plan.snapshots[snapshot]
    reference = policy.of if site == "primary" else policy.at_standby
    return run.block(reference, ManagedBackup) if reference else None  # type: ignore[type-abstract]


def at_live_site(run: Run, snapshot: str) -> tuple[Decision, ManagedBackup | None]:
    """The decision which site is live, and its block; a refusal where there is none."""
    active = live_site(run)
    if active.verdict == "refuse":
        return active, None
    block = managed(run, snapshot, str(active.facts["site"]))
    if block is None:
        said = f"The standby is live, and the plan names nothing that takes {snapshot} there: it is not backed up."
        return refuse(said, f"Name a block in snapshots.{snapshot}.at_standby, or fail back."), None
    return active, block
