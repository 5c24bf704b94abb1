"""The order in which an application is rebuilt from its last clean backup, on nodes that the old site never touched."""

from recovery.errors import Refused
from recovery.outcome import Outcome
from recovery.walk import Walk
from tasks.apply_terraform import apply_terraform
from tasks.approve import approve
from tasks.check_clean_site import check_clean_site, clear_targets
from tasks.choose_clean import choose_clean
from tasks.fence_primary import fence_primary
from tasks.free_replica import free_replica
from tasks.gather_evidence import gather_evidence
from tasks.hold_backups import hold_backups
from tasks.plan_terraform import plan_terraform
from tasks.restore_components import restore_components
from tasks.rotate_secrets import rotate_secrets
from tasks.run import Run
from tasks.spare_primary import spare_primary
from tasks.together import together
from tasks.walk_back import walk_back

BOTH_SERVE = "Both sites serve the same data (active-active): the infection is at both, and neither is a clean site."
ANOTHER_PLAN = "Write a plan with strategy: backup-restore, whose standby is a third place, and run this for that one."


async def rebuild(run: Run, walk: Walk, rehearsal: bool) -> tuple[list[Outcome], Outcome, Outcome | None]:
    """Contains, keeps evidence, walks back, and builds anew. Nothing is promoted yet.

    Args:
        rehearsal: the primary goes on, and nothing of it is held, kept or rotated.

    Returns:
        What was restored, the fence's proof, and no drain.
    """
    if run.plan.strategy == "active-active":
        raise Refused(BOTH_SERVE, remedy=ANOTHER_PLAN)
    fence = await (spare_primary(run) if rehearsal else _contain(run))
    await check_clean_site(run)
    planned, backup, *_ = await together(
        plan_terraform(run, clean=True), last_clean(run, walk), *([] if rehearsal else [gather_evidence(run)])
    )
    await approve(run, backup, planned)
    await apply_terraform(run, change=planned)
    await together(*(free_replica(run, component=name, fence=fence) for name in _replicas(run)))
    await clear_targets(run)
    restored = await restore_components(run, backup=backup.facts["backup"], replicas=True)
    if not rehearsal:
        await rotate_secrets(run)
    return restored, fence, None


async def last_clean(run: Run, walk: Walk) -> Outcome:
    """Walks back to the last clean backup, and chooses it."""
    return await choose_clean(run, walk=walk, tried=await walk_back(run, walk))


async def _contain(run: Run) -> Outcome:
    """From here on nothing spreads, nothing is written to the old site, and no backup is removed."""
    fence = await fence_primary(run)
    await hold_backups(run)
    return fence


def _replicas(run: Run) -> list[str]:
    """What was encrypted at the primary is encrypted in its replicas: the backup takes their place."""
    return [name for name, part in run.plan.components.items() if part.replica]
