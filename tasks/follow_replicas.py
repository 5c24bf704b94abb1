"""Brings the components that have a replica: each from its replica, or, too far behind, from the backup."""

from recovery.errors import Refused
from recovery.outcome import Outcome
from tasks.catch_up import catch_up
from tasks.free_replica import free_replica
from tasks.progress import Progress
from tasks.restore_backup import restore_backup
from tasks.run import Run
from tasks.together import together


async def follow_replicas(
    run: Run,
    backup: Outcome | None = None,
    fence: Outcome | None = None,
    drained: Outcome | None = None,
    named: bool = False,
) -> list[Outcome]:
    """Has all replicas catch up at the same time.

    Args:
        backup: what there is to fall back on.
        fence: of the primary; a drained primary is not fenced yet.
        drained: that the primary takes no more writes, where it lives.
        named: a person named the backup: what was destroyed at the primary is destroyed in its replicas, too.

    Returns:
        One outcome a component, with the fact `use`: `replica` for what is still to be promoted.
    """

    async def one(name: str) -> Outcome:
        if not named and not run.earlier.begun(f"free replica {name}"):
            caught = await catch_up(run, component=name, backup=backup, drained=drained)
            if caught.facts.get("use") != "backup":
                return caught
        if backup is None or fence is None:
            said = f"The replica of {name} was freed for a backup to be restored there: it cannot catch up any more."
            raise Refused(said, remedy="Go on with this incident as it was begun, not gracefully.")
        await free_replica(run, component=name, fence=fence)
        return await restore_backup(
            run, component=name, backup=backup.facts["backup"], scratch=False, progress=Progress([name])
        )

    return await together(*(one(name) for name, part in run.plan.components.items() if part.replica))
