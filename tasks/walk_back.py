"""Walks back over the backups until one is shown to be clean: each is restored into scratch, proved and scanned."""

import asyncio
import time
from contextlib import AsyncExitStack

from recovery.decision import Decision
from recovery.errors import Busy
from recovery.plan_ransomware import RansomwarePolicy
from recovery.walk import Walk
from recovery.walk_back import line_up, next_step
from tasks.check_expectations import warm_up
from tasks.check_isolation import check_isolation
from tasks.coverage_book import CoverageBook
from tasks.opening import open_run
from tasks.run import Run
from tasks.scanners import rules_of
from tasks.tear_down import sweep_scratch
from tasks.verify_backup import verify_backup

WAIT = 5.0  # seconds between two tries to get the scratch places, where another verification has them


def where_it_stands(run: Run, walk: Walk, book: CoverageBook, tried: dict[str, str], left: float) -> Decision:
    """The next step, from what the ledger knows now."""
    rules = book.rules or rules_of(run.plan.verification)
    lined = line_up(book.ledger, rules, walk.infected_since, walk.wanted, tried, walk.harmless)
    return next_step(lined, left, _budget(run))


async def walk_back(run: Run, walk: Walk) -> dict[str, str]:
    """Looks at backups, the newest first, until one is clean, none is left, or the budget is used up.

    Every look is a verification of its own, with its own journal and its signed record in the vault, so that a walk
    that was cut off goes on where it was.

    Returns:
        What could not be finished with, and why.
    """
    tried: dict[str, str] = {}
    deadline = time.monotonic() + _budget(run)
    book = await asyncio.to_thread(_book, run)
    step = where_it_stands(run, walk, book, tried, _budget(run))
    if run.dry_run or run.earlier.past_return or step.verdict != "go":
        return tried
    async with AsyncExitStack() as stack:
        inner = await _verification(stack, run, walk.plan, deadline)
        while step.verdict == "go":
            name = str(step.facts["backup"])
            await _look_at(run, inner, name, walk, book, tried)
            step = where_it_stands(run, walk, book, tried, deadline - time.monotonic())
    return tried


async def _look_at(run: Run, inner: Run, name: str, walk: Walk, book: CoverageBook, tried: dict[str, str]) -> None:
    """One verification, as a step of this run."""
    step, begun = f"look at {name}", time.monotonic()
    run.journal.write("intent", step, f"Restoring {name} into scratch, to be proved and looked through.")
    trouble = await verify_backup(inner, name, walk.harmless if walk.wanted else "", book)
    row = book.ledger.of(name)
    if not (row and (row.problem or book.rules in row.scanned_by)):
        tried[name] = trouble.what if trouble else "it was not looked through by all rules, or its signs were waived"
    clean = f"{name} is proved equal to its source, and shows no sign of ransomware."
    found = trouble.what if trouble else tried.get(name, clean)
    run.journal.write("outcome", step, found, time.monotonic() - begun, verification=inner.incident, backup=name)
    run.say(f"{step}: {found}")


async def _verification(stack: AsyncExitStack, run: Run, plan: str, deadline: float) -> Run:
    """A run that holds the lease on the scratch places, which are empty and apart from everything in use.

    Raises:
        Busy: another verification had them until the budget was used up.
    """
    while True:
        try:
            inner = await stack.enter_async_context(open_run("verify", plan, exclusive=True, initiator=run.initiator))
            break
        except Busy as busy:
            if time.monotonic() > deadline:
                raise
            run.say(f"Waiting for the scratch places: {busy.what}")
            await asyncio.sleep(WAIT)
    await check_isolation(inner)
    warm_up(inner)
    await sweep_scratch(inner)
    return inner


def _book(run: Run) -> CoverageBook:
    return CoverageBook(run.backups, run.plan.application, rules_of(run.plan.verification)).read()


def _budget(run: Run) -> float:
    return (run.plan.ransomware or RansomwarePolicy()).budget.total_seconds()
