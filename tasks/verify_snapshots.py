"""Verifies the newest of every provider's own backups, one thing's beside the other's."""

import asyncio

from recovery.errors import RecoveryError
from tasks.prove_snapshot import prove_snapshot
from tasks.run import Run
from tasks.sweep_snapshot import sweep_snapshot


async def verify_snapshots(run: Run) -> list[RecoveryError]:
    """Restores, reads and removes each; one that fails never stops the others.

    Returns:
        What went wrong, one error a thing.
    """
    wanted = [name for name, policy in run.plan.snapshots.items() if policy.prove]
    found = await asyncio.gather(*(_one(run, name) for name in wanted))
    return [error for error in found if error]


async def _one(run: Run, snapshot: str) -> RecoveryError | None:
    try:
        await sweep_snapshot(run, snapshot=snapshot)
        await prove_snapshot(run, snapshot=snapshot)
    except RecoveryError as error:
        return error
    except Exception as error:  # noqa: BLE001  (a fault of ours, or of a library, must not stop the others)
        return RecoveryError(f"The verification of {snapshot} broke down: {type(error).__name__}: {error}.")
    return None
