"""Opens a run: reads the plan, loads its blocks, takes the lease, begins the journal; and closes it in the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from prefect.context import FlowRunContext

from blocks.chat.courier import Courier
from blocks.chat.kind import Chat, Message
from blocks.registry import load_blocks, read_blocks
from blocks.vaults.kind import Vault
from recovery.errors import Missing, RecoveryError
from recovery.journal import Journal
from recovery.places import blocks_file, incident_folder, new_incident, plan_file
from recovery.plan import Plan
from recovery.plan_file import read_plan
from recovery.plan_references import references
from recovery.secrets import Scrubber
from tasks.lease import LeaseHolder
from tasks.mirror import JournalMirror
from tasks.particulars import links, particulars
from tasks.run import Run
from tasks.write_report import REPORT, render

LAST_WORDS = 5.0  # seconds that undelivered messages, and the journal's last lines, may take at the end


@asynccontextmanager
async def open_run(
    playbook: str,
    plan: str,
    *,
    dry_run: bool = False,
    break_glass: str | None = None,
    exclusive: bool = False,
    incident: str | None = None,
    initiator: str = "",
) -> AsyncIterator[Run]:
    """Opens one run of a playbook.

    Args:
        playbook: the flow's name.
        plan: a plan's name or file.
        dry_run: change nothing.
        break_glass: the reason for going on without a proof, or without the Prefect server.
        exclusive: only one such run an application at a time.
        incident: its identifier; a new one by default.
        initiator: who started it; see `Run`.

    Raises:
        RecoveryError: the plan, a block or the lease stands in the way. Nothing was changed.
    """
    read = read_plan(plan_file(plan))
    blocks = await _load(read, FlowRunContext.get() is not None)
    scrubber = Scrubber()
    for block in blocks.values():
        scrubber.learn_model(block)
    incident = incident or new_incident(playbook, read.application)
    folder = incident_folder(incident)
    with ExitStack() as stack:
        holder: LeaseHolder | None = None
        if exclusive and not dry_run:
            vault = blocks[read.backup.vault]
            assert isinstance(vault, Vault)
            holder = LeaseHolder(vault, f"{playbook}-{read.application}", incident)
            await asyncio.to_thread(stack.enter_context, holder)
        run = Run(
            playbook=playbook,
            plan=read,
            incident=incident,
            folder=folder,
            journal=Journal(folder / "journal.jsonl", clean=scrubber.clean),
            blocks=blocks,
            scrubber=scrubber,
            courier=Courier([block for name in read.notifications if isinstance(block := blocks[name], Chat)]),
            dry_run=dry_run,
            break_glass=break_glass,
            on_platform=FlowRunContext.get() is not None,
            links=links(),
            initiator=initiator,
            taken_over=lambda: holder.lost if holder else None,
        )
        mirror = JournalMirror(run.vault, f"journals/{read.application}/{incident}.jsonl", run.journal)
        run.journal.write("opened", playbook, f"{playbook} of {read.application}", **particulars(run))
        try:
            yield run
        except BaseException as error:
            _close_failed(run, error)
            raise
        else:
            run.journal.write("closed", playbook, "Completed.", state="completed")
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
        run.say(f"{undelivered} message(s) could not be delivered; the recovery did not wait for them.")


def _close_failed(run: Run, error: BaseException) -> None:
    cancelled = isinstance(error, asyncio.CancelledError | KeyboardInterrupt)
    what = "it was cancelled; what was under way may be half done." if cancelled else type(error).__name__
    what = error.what if isinstance(error, RecoveryError) else what
    run.journal.write("closed", run.playbook, f"Stopped: {what}", state="failed")
    lines = (str(error),) if isinstance(error, RecoveryError) else (what,)
    title = f"{run.playbook} of {run.plan.application} stopped"
    run.tell(Message(incident=run.incident, kind="failed", title=title, lines=lines))


async def _load(plan: Plan, on_platform: bool) -> dict[str, Any]:
    """Every block the plan names, from the server or, without one, from the blocks file."""
    wanted = references(plan)
    if on_platform:
        return dict(await load_blocks(wanted))
    path: Path = blocks_file()
    built = read_blocks(path)
    if absent := sorted(wanted - built.keys()):
        raise Missing(f"The blocks file {path} has no {', '.join(absent)}.", remedy="Add them, then try again.")
    return {name: built[name] for name in wanted}
