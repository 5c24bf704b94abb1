"""The order of a recovery, and nothing else: the failover, the failback and the drill are made of it."""

from typing import NamedTuple

from flows.rebuild import rebuild
from recovery.errors import RecoveryError, Refused
from recovery.failover import Alert
from recovery.model import now
from recovery.outcome import Outcome
from recovery.resume import Earlier
from recovery.walk import Walk
from tasks.apply_terraform import apply_terraform
from tasks.approve import approve
from tasks.choose_backup import choose_backup
from tasks.close_target import close_target
from tasks.configure_standby import configure_standby
from tasks.declare_incident import declare_incident
from tasks.drain_primary import drain_primary
from tasks.fence_primary import fence_primary
from tasks.follow_replicas import follow_replicas
from tasks.last_backup import last_backup
from tasks.lower_fence import lower_fence
from tasks.measure_loss import measure_loss
from tasks.open_target import open_target
from tasks.plan_terraform import plan_terraform
from tasks.probe_dns import probe_dns
from tasks.probe_health import probe_health
from tasks.promote_standby import promote_standby
from tasks.read_replicas import read_replicas
from tasks.restore_components import restore_components
from tasks.run import Run
from tasks.spare_primary import spare_primary
from tasks.swap_dns import swap_dns
from tasks.together import together

LAST = Outcome(sentence="The backup is taken when writes at the primary have ended.", facts={"backup": "the last one"})

ELSEWHERE = (
    "This playbook rebuilds at the standby what the primary lost. Where the infected site is the standby, fail back."
)


class Recovery(NamedTuple):
    """How a recovery was asked for.

    Args:
        wanted: a backup's name instead of the newest proved one.
        insisted: although the primary still answers.
        alert: what started it, if anything did.
        graceful: with the primary alive, and without loss.
        back: the other way round, to a site that an earlier failover fenced.
        rehearsal: in an isolated copy; the primary goes on.
        clean: after ransomware: the last clean backup, on clean nodes.
    """

    wanted: str | None = None
    insisted: bool = False
    alert: Alert | None = None
    graceful: bool = False
    back: bool = False
    rehearsal: bool = False
    clean: Walk | None = None


async def recover(run: Run, asked: Recovery) -> None:
    """Brings the application of the run's plan to its standby."""
    start(run)
    incident = await declare_incident(run, alert=asked.alert, insisted=asked.insisted, graceful=asked.graceful)
    if incident.state == "found done" and not run.dry_run:
        if asked.clean:
            raise Refused(incident.sentence, remedy=ELSEWHERE)
        return
    try:
        recovered, fence, drained = await _recovered(run, asked)
        await measure_loss(run, restored=recovered, drained=drained)
        await promote_standby(run, fence=fence, recovered=recovered)
    except BaseException:
        await _leave_the_primary_as_it_was(run, asked)
        raise
    await configure_standby(run)
    await probe_health(run)
    await swap_dns(run)
    await probe_dns(run)


def start(run: Run) -> None:
    """Marks the moment, once an incident."""
    if not run.earlier.lines:
        run.journal.write("mark", "started", "The playbook started.", at=now().isoformat())


async def _recovered(run: Run, asked: Recovery) -> tuple[list[Outcome], Outcome, Outcome | None]:
    """Everything up to the promotion, in the way that was asked for."""
    if asked.clean:
        return await rebuild(run, asked.clean, asked.rehearsal)
    return await (_gently if asked.graceful else _at_once)(run, asked)


async def _at_once(run: Run, asked: Recovery) -> tuple[list[Outcome], Outcome, Outcome | None]:
    """The primary is taken for dead: what its replicas have is promoted, and what was proved last is restored."""
    backup, change, replicas = await together(
        choose_backup(run, wanted=asked.wanted, fresh=False), plan_terraform(run), read_replicas(run)
    )
    await approve(run, backup, change, replicas.sentence)
    fence = await (spare_primary(run) if asked.rehearsal else fence_primary(run, backup=backup, replicas=replicas))
    followed, restored, _ = await together(
        follow_replicas(run, backup=backup, fence=fence, named=asked.wanted is not None),
        restore_components(run, backup=backup.facts["backup"]),
        apply_terraform(run, change=change),
    )
    return followed + restored, fence, None


async def _gently(run: Run, asked: Recovery) -> tuple[list[Outcome], Outcome, Outcome | None]:
    """The primary lives: everything is made ready first, so that its writes stop for as short as can be."""
    change, replicas = await together(plan_terraform(run), read_replicas(run))
    await approve(run, LAST, change, replicas.sentence)
    await apply_terraform(run, change=change)
    drained = await drain_primary(run)
    backup, followed = await together(last_backup(run), follow_replicas(run, drained=drained))
    fence = await fence_primary(run, backup=backup, replicas=replicas)
    if asked.back:
        await open_target(run, fence=fence)
    restored = await restore_components(run, backup=backup.facts["backup"])
    return followed + restored, fence, drained


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
