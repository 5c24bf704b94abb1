"""Restores every component of a backup, each as soon as those it needs are restored, the others beside it."""

import asyncio

from recovery.outcome import Outcome
from tasks.progress import Progress
from tasks.restore_backup import restore_backup
from tasks.run import Run
from tasks.together import together


async def restore_components(
    run: Run, backup: str, scratch: bool = False, progress: Progress | None = None, replicas: bool = False
) -> list[Outcome]:
    """Restores all components; not those whose replica is promoted, unless it is for the scratch places.

    Args:
        backup: the backup's identifier.
        scratch: into the scratch places instead of the standby.
        progress: is told how deep each component got.
        replicas: those with a replica too: it was freed for this.

    Returns:
        One outcome a component, in the plan's order.
    """
    progress = progress or Progress(run.plan.components)
    names = [name for name, part in run.plan.components.items() if scratch or replicas or not part.replica]
    restored = {name: asyncio.Event() for name in names}
    failed: set[str] = set()

    async def one(name: str) -> Outcome:
        for needed in restored.keys() & set(run.plan.components[name].after):
            await restored[needed].wait()
        try:
            if failed & set(run.plan.components[name].after):
                failed.add(name)
                return Outcome(state="would", sentence=f"{name} was not restored: what it needs failed.")
            return await restore_backup(run, component=name, backup=backup, scratch=scratch, progress=progress)
        except BaseException:
            failed.add(name)
            raise
        finally:
            restored[name].set()

    return await together(*(one(name) for name in names))
