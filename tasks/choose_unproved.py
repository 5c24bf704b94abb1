"""Chooses the backups to verify: the newest one, more as the budget allows, or the one that a person named."""

from datetime import timedelta

from recovery.decision import Decision, go, refuse
from recovery.outcome import Outcome, did
from recovery.verify_budget import choose_to_verify, measured
from tasks.coverage_book import CoverageBook
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, wanted: str | None, budget: float, book: CoverageBook) -> Decision:
    """A backup whose manifest is broken is no reason to verify an older one: it is what has to be found."""
    application = run.plan.application
    names = [each.backup for each in book.read().backups]
    if wanted and wanted not in names:
        return refuse(f"There is no backup {wanted} of {application}.", f"There are {', '.join(names) or 'none'}.")
    if not names:
        return refuse(f"There is no backup of {application} to verify.", f"Run `lifeboat run backup {application}`.")
    if wanted:
        return go(f"Verifying {wanted}, the one asked for.", backups=[wanted], predicted=[0.0])
    ledger = book.ledger
    decided = choose_to_verify(book.backups, ledger, measured(ledger), budget)
    for each in decided if budget else ():
        run.say(each.sentence)
    taken = [each for each in decided if each.verify]
    names, predicted = [each.backup for each in taken], [round(each.predicted, 1) for each in taken]
    return go(" ".join(each.sentence for each in taken[:5]), backups=names, predicted=predicted)


@verb("choose backup", look=look, timeout=timedelta(minutes=10), retries=2, reads=True)
def choose_unproved(run: Run, wanted: str | None, budget: float, book: CoverageBook, seen: Decision) -> Outcome:
    """Takes the decision over as the backups that are verified, in their order."""
    return did(seen.sentence, **seen.facts)
