"""Verifies one backup, from its objects to its application, and puts on record how deep that went."""

import time

from recovery.errors import RecoveryError
from tasks.answer_from_copy import answer_from_copy
from tasks.check_expectations import check_expectations
from tasks.coverage_book import CoverageBook
from tasks.list_objects import list_objects
from tasks.progress import Progress
from tasks.record_verification import record_verification
from tasks.restore_components import restore_components
from tasks.run import Run
from tasks.scan_for_ransomware import scan_for_ransomware
from tasks.tear_down import tear_down


async def verify_backup(run: Run, backup: str, harmless: str, book: CoverageBook) -> RecoveryError | None:
    """Verifies it, tears everything down, and records what came of it.

    Args:
        backup: its identifier.
        harmless: a person's reason for taking signs of ransomware for harmless, or nothing.
        book: the ledger so far; the record is added.

    Returns:
        What went wrong, or None.
    """
    progress, begun = Progress(run.plan.components), time.monotonic()
    trouble: RecoveryError | None = None
    try:
        await _prove(run, backup, harmless, book, progress)
    except RecoveryError as error:
        trouble = error
    except Exception as error:  # noqa: BLE001  (a fault of ours, or of a library, must not stop the others' verification)
        trouble = RecoveryError(f"The verification of {backup} broke down: {type(error).__name__}: {error}.")
        trouble.__cause__ = error
    finally:
        torn = await _tear_down(run)
    if trouble:
        progress.stopped(trouble)
    if torn:
        progress.warnings.append(f"The scratch copies could not be removed: {torn.what}")
    seconds = time.monotonic() - begun
    try:
        await record_verification(run, backup=backup, finding=progress.finding, seconds=seconds, book=book)
    except RecoveryError as error:
        # Of a backup whose manifest is broken there is nothing that a record could be bound to.
        return trouble or error
    return trouble or torn


async def _prove(run: Run, backup: str, harmless: str, book: CoverageBook, progress: Progress) -> None:
    """The order of a verification: what is cheap and finds much comes first."""
    await list_objects(run, backup=backup, progress=progress)
    progress.proved(await restore_components(run, backup=backup, scratch=True, progress=progress))
    await scan_for_ransomware(run, backup=backup, harmless=harmless, book=book, progress=progress)
    for component in run.plan.components:
        await check_expectations(run, component=component, backup=backup, progress=progress)
    if run.plan.verification.smoke:
        await answer_from_copy(run, backup=backup, progress=progress)


async def _tear_down(run: Run) -> RecoveryError | None:
    try:
        await tear_down(run)
    except RecoveryError as error:
        return error
    return None
