"""Verify: restore backups into a scratch place, prove them equal to their source, check them, and tear them down."""

import time

from prefect import flow

from recovery.errors import NotProved, RecoveryError
from recovery.fleet import say_unrecoverable
from recovery.model import now
from tasks.check_expectations import warm_up
from tasks.check_isolation import check_isolation
from tasks.check_vault import check_vault
from tasks.choose_unproved import choose_unproved
from tasks.coverage_book import CoverageBook
from tasks.forms import PlanName
from tasks.keep_forecast import keep_forecast
from tasks.opening import open_run
from tasks.refresh_forms import refresh_forms
from tasks.run import Run
from tasks.tear_down import sweep_scratch
from tasks.together import together
from tasks.verify_backup import verify_backup
from tasks.verify_snapshots import verify_snapshots

NEWEST = "newest"


@flow(name="verify", flow_run_name="verify backups of {plan}")
async def verify(
    plan: PlanName = "shop",
    backup: str = NEWEST,
    more_within_budget: bool = False,
    harmless: str = "",
    dry_run: bool = False,
) -> str:
    """Verifies the newest backup, or one by name, and what the plan names under snapshots.

    Only a backup that passed is restored in a failover.

    Args:
        plan: The application whose backups to verify, by its plan.
        backup: Which one: "newest", or a backup's name.
        more_within_budget: After the newest, verify others too, as many as the plan's budget of time allows.
        harmless: Your reason for taking signs of ransomware for harmless. It goes on record. Empty: they count.
        dry_run: Only say what would be done.

    Returns:
        The identifier of the backup that was verified first.
    """
    async with open_run("verify", plan, dry_run=dry_run, exclusive=True) as run:
        await check_isolation(run)
        warm_up(run)
        await sweep_scratch(run)
        book = CoverageBook(run.backups, run.plan.application)
        budget = run.plan.verification.budget.total_seconds() if more_within_budget else 0.0
        chosen = await choose_unproved(run, wanted=None if backup == NEWEST else backup, budget=budget, book=book)
        backups, predicted = chosen.facts["backups"], chosen.facts["predicted"]
        ours = verify_backups(run, list(zip(backups, predicted, strict=True)), budget, harmless, book)
        troubles = sum(await together(ours, verify_snapshots(run)), start=list[RecoveryError]())
        await refresh_forms(run)
        if troubles:
            raise _in_all(run, book, troubles)
        await check_vault(run, backup=backups[0])
        await keep_forecast(run, plan=plan)
        return str(backups[0])


async def verify_backups(
    run: Run, chosen: list[tuple[str, float]], budget: float, harmless: str, book: CoverageBook
) -> list[RecoveryError]:
    """One after the other, as they share their scratch places: the first in any case, others while the budget lasts."""
    begun, troubles = time.monotonic(), list[RecoveryError]()
    for name, seconds in chosen:
        if name != chosen[0][0] and time.monotonic() - begun + seconds > budget:
            run.say(f"{name} is left for another time: the others took longer than was predicted.")
            continue
        troubles += [each for each in [await verify_backup(run, name, harmless, book)] if each]
    return troubles


def _in_all(run: Run, book: CoverageBook, troubles: list[RecoveryError]) -> RecoveryError:
    """One error of them all, which also says what is not recoverable since when."""
    first = next((each for each in troubles if isinstance(each, NotProved)), troubles[0])
    what = " ".join(dict.fromkeys(each.what for each in [first, *troubles]))
    alert = say_unrecoverable(book.ledger, run.plan.objectives.rpo, now())
    remedy = f"{first.remedy} {alert}".strip()
    return type(first)(what, changed=first.changed, remedy=remedy)
