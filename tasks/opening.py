"""Opens a run: reads the plan, loads its blocks, takes the lease, begins the journal; and closes it in the end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from prefect.context import FlowRunContext

from blocks.chat.courier import Courier
from blocks.chat.kind import Message
from blocks.registry import load_blocks, read_blocks
from blocks.vaults.kind import Vault
from recovery.errors import Missing, RecoveryError, Refused, Withdrawn
from recovery.journal import Journal
from recovery.model import now
from recovery.places import blocks_file, incident_folder, outbox, plan_file
from recovery.plan import Plan
from recovery.plan_file import read_plan
from recovery.plan_references import chats, references
from recovery.resume import Earlier
from recovery.secrets import Scrubber
from tasks.lease import LeaseHolder
from tasks.load_chats import load_chats
from tasks.mirror import JournalMirror
from tasks.particulars import links, particulars
from tasks.run import Run
from tasks.unfinished import JOURNAL, NEW, bring_journal, decide_incident, mirror_key
from tasks.write_report import REPORT, render

LEASES = {
    "failback": "failover",
    "ransomware": "failover",
}  # playbooks that must not run at the same time share a lease
LAST_WORDS = 5.0  # seconds that undelivered messages, and the journal's last lines, may take at the end


@asynccontextmanager
async def open_run(
    playbook: str,
    plan: str,
    *,
    dry_run: bool = False,
    break_glass: str | None = None,
    exclusive: bool = False,
    incident: str = NEW,
    goes_on: bool = False,
    initiator: str = "",
    turned: Callable[[Plan], Plan] = lambda plan: plan,
) -> AsyncIterator[Run]:
    """Opens one run of a playbook.

    Args:
        playbook: the flow's name.
        plan: a plan's name or file.
        dry_run: change nothing.
        break_glass: the reason for going on without a proof, or without the Prefect server.
        exclusive: only one such run an application at a time.
        incident: "new"; "unfinished", which is the one that was cut off, if there is one to go on with; or an
            identifier of one to go on with.
        goes_on: there must be one to go on with, and a dry run reads it too.
        initiator: who started it; see `Run`.
        turned: makes the plan that is carried out of the one that was read.

    Raises:
        RecoveryError: the plan, a block or the lease stands in the way. Nothing was changed.
    """
    read = turned(read_plan(plan_file(plan)))
    on_platform = FlowRunContext.get() is not None
    blocks, told = await asyncio.gather(
        load_places(references(read) - chats(read), on_platform), load_chats(chats(read), on_platform)
    )
    scrubber = Scrubber()
    for block in (*blocks.values(), *told.values()):
        scrubber.learn_model(block)
    vault = blocks[read.backup.vault]
    assert isinstance(vault, Vault)
    asked = (vault, playbook, read.application, incident)
    which = await asyncio.to_thread(decide_incident, *asked, dry_run=dry_run, goes_on=goes_on)
    with ExitStack() as stack:
        holder: LeaseHolder | None = None
        if exclusive and not dry_run:
            lease = f"{LEASES.get(playbook, playbook)}-{read.application}"
            holder = LeaseHolder(vault, lease, which.incident, wait=which.wait)
            await asyncio.to_thread(stack.enter_context, holder)
        lines = await asyncio.to_thread(bring_journal, vault, read.application, which) if which.why else which.earlier
        folder = incident_folder(which.incident)
        run = Run(
            playbook=playbook,
            plan=read,
            incident=which.incident,
            folder=folder,
            journal=Journal(folder / JOURNAL, clean=scrubber.clean),
            blocks={**blocks, **told},
            scrubber=scrubber,
            courier=Courier(told, outbox()),
            dry_run=dry_run,
            break_glass=break_glass,
            on_platform=on_platform,
            links=links(),
            initiator=initiator,
            taken_over=lambda: holder.taken_over() if holder else None,
            earlier=Earlier(lines),
        )
        async with _on_record(run, which.why, holder.number if holder else None):
            yield run


@asynccontextmanager
async def _on_record(run: Run, why: str, lease: int | None) -> AsyncIterator[None]:
    """Frames the journal: who and what this run is, and how it ended."""
    mirror = JournalMirror(run.vault, mirror_key(run.plan.application, run.incident), run.journal)
    run.journal.write(
        "opened", run.playbook, f"{run.playbook} of {run.plan.application}", **particulars(run), lease=lease
    )
    if why:
        run.journal.write("mark", "resumed", why, at=now().isoformat())
        run.say(why)
    try:
        yield
    except BaseException as error:
        _close_failed(run, error)
        raise
    else:
        run.journal.write("closed", run.playbook, "Completed.", state="completed")
    finally:
        await asyncio.to_thread(_last_words, run, mirror)


def _last_words(run: Run, mirror: JournalMirror) -> None:
    """The report once more, now that the journal is closed; then whatever still waits to be delivered."""
    if (run.folder / REPORT).exists():
        render(run)
    if not mirror.close(LAST_WORDS):
        run.say(f"The vault does not hold the whole journal ({mirror.trouble}); it is at {run.journal.path}.")
    undelivered = run.courier.close(LAST_WORDS)
    if undelivered:
        why = " ".join(run.courier.troubles)
        run.say(f"{undelivered} message(s) are not delivered yet, and nothing waits for them. They are kept. {why}")


def _close_failed(run: Run, error: BaseException) -> None:
    if isinstance(error, Withdrawn):
        _close_withdrawn(run, error)
        return
    cancelled = isinstance(error, asyncio.CancelledError | KeyboardInterrupt)
    what = "it was cancelled; what was under way may be half done." if cancelled else type(error).__name__
    what = error.what if isinstance(error, RecoveryError) else what
    with suppress(Refused):  # the run that took this one over has the journal now
        run.journal.write("closed", run.playbook, f"Stopped: {what}", state="failed")
    lines = (str(error),) if isinstance(error, RecoveryError) else (what,)
    title = f"{run.playbook} of {run.plan.application} stopped"
    run.tell(Message(incident=run.incident, kind="failed", title=title, lines=lines))


def _close_withdrawn(run: Run, withdrawn: Withdrawn) -> None:
    """Those who were asked hear that they need not answer any more."""
    run.journal.write("closed", run.playbook, f"Withdrawn: {withdrawn.what}", state="withdrawn")
    title = f"{run.playbook} of {run.plan.application} is withdrawn"
    run.tell(Message(incident=run.incident, kind="answered", title=title, lines=(str(withdrawn),)))


async def load_places(wanted: set[str], on_platform: bool) -> dict[str, Any]:
    """Blocks by "type/name", from the server or, without one, from the blocks file; all or none.

    Raises:
        Missing: names every one that is not there.
    """
    if on_platform:
        return dict(await load_blocks(wanted))
    path: Path = blocks_file()
    built = read_blocks(path)
    if absent := sorted(wanted - built.keys()):
        raise Missing(f"The blocks file {path} has no {', '.join(absent)}.", remedy="Add them, then try again.")
    return {name: built[name] for name in wanted}
