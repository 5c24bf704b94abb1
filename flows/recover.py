"""The order of a recovery, and nothing else: the failover, the failback and the drill are made of it."""

from typing import NamedTuple

from recovery.errors import RecoveryError
from recovery.failover import Alert
from recovery.model import now
from recovery.outcome import Outcome
from recovery.resume import Earlier
from tasks.apply_terraform import apply_terraform
from tasks.approve import approve
from tasks.choose_backup import choose_backup
from tasks.close_target import close_target
from tasks.configure_standby import configure_standby
from tasks.declare_incident import declare_incident
from tasks.drain_primary import drain_primary
from tasks.fence_primary import fence_primary
from tasks.lower_fence import lower_fence
from tasks.measure_loss import measure_loss
from tasks.open_target import open_target
from tasks.plan_terraform import plan_terraform
from tasks.probe_dns import probe_dns
from tasks.probe_health import probe_health
from tasks.promote_standby import promote_standby
from tasks.restore_components import restore_components
from tasks.run import Run
from tasks.spare_primary import spare_primary
from tasks.swap_dns import swap_dns
from tasks.take_backup import take_backup
from tasks.together import together

LAST = Outcome(sentence="The backup is taken when writes at the primary have ended.", facts={"backup": "the last one"})


class Recovery(NamedTuple):
    """How a recovery was asked for.

    Args:
        wanted: a backup's name instead of the newest proved one.
        insisted: although the primary still answers.
        alert: what started it, if anything did.
        graceful: with the primary alive, and without loss.
        back: the other way round, to a site that an earlier failover fenced.
        rehearsal: in an isolated copy; the primary goes on.
    """

    wanted: str | None = None
    insisted: bool = False
    alert: Alert | None = None
    graceful: bool = False
    back: bool = False
    rehearsal: bool = False


async def recover(run: Run, asked: Recovery) -> None:
    """Brings the application of the run's plan to its standby."""
    if not run.earlier.lines:
        run.journal.write("mark", "started", "The playbook started.", at=now().isoformat())
    incident = await declare_incident(run, alert=asked.alert, insisted=asked.insisted, graceful=asked.graceful)
    if incident.state == "found done" and not run.dry_run:
        return
    try:
        restored, fence, drained = await (_gently if asked.graceful else _at_once)(run, asked)
        await measure_loss(run, restored=restored, drained=drained)
        await promote_standby(run, fence=fence)
    except BaseException:
        await _leave_the_primary_as_it_was(run, asked)
        raise
    await configure_standby(run)
    await probe_health(run)
    await swap_dns(run)
    await probe_dns(run)


async def _at_once(run: Run, asked: Recovery) -> tuple[list[Outcome], Outcome, Outcome | None]:
    """The primary is taken for dead: what was proved last is restored."""
    backup, change = await together(choose_backup(run, wanted=asked.wanted, fresh=False), plan_terraform(run))
    await approve(run, backup, change)
    fence = await (spare_primary(run) if asked.rehearsal else fence_primary(run, backup=backup))
    restored, _ = await together(
        restore_components(run, backup=backup.facts["backup"]), apply_terraform(run, change=change)
    )
    return restored, fence, None


async def _gently(run: Run, asked: Recovery) -> tuple[list[Outcome], Outcome, Outcome | None]:
    """The primary lives: everything is made ready first, so that its writes stop for as short as can be."""
    change = await plan_terraform(run)
    await approve(run, LAST, change)
    await apply_terraform(run, change=change)
    drained = await drain_primary(run)
    taken = await take_backup(run)
    name = None if run.dry_run else str(taken.facts["backup"])
    backup = await choose_backup(run, wanted=name, fresh=True)
    fence = await fence_primary(run, backup=backup)
    if asked.back:
        await open_target(run, fence=fence)
    restored = await restore_components(run, backup=backup.facts["backup"])
    return restored, fence, drained


async def _leave_the_primary_as_it_was(run: Run, asked: Recovery) -> None:
    """A graceful recovery that fails before the promotion gives the primary its writes back: it was well."""
    so_far = Earlier(run.journal.lines)
    if not asked.graceful or run.dry_run or so_far.past_return or not so_far.begun("drain primary"):
        return
    try:
        if so_far.begun("open target"):
            await close_target(run)
        await lower_fence(run)
    except RecoveryError as error:
        run.say(f"The site that was left still takes no writes: {error}")
