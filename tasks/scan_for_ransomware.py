"""Looks for signs of ransomware in what was restored, against the backup that was proved before it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from recovery.content import Content
from recovery.decision import Decision, go
from recovery.entropy import take_samples
from recovery.errors import NotProved, RecoveryError
from recovery.outcome import Outcome, did
from recovery.places import ROOT
from recovery.plan_verification import VerificationPolicy
from recovery.ransomware import Signs, find_signs
from recovery.ransomware_marks import known_marks
from tasks.coverage_book import CoverageBook
from tasks.progress import Progress, Suspicious
from tasks.run import Run
from tasks.scanners import rules_of, scan_with_clamav, scan_with_yara
from tasks.verb import verb


def look(run: Run, backup: str, harmless: str, book: CoverageBook, progress: Progress) -> Decision:
    before, _ = book.proved_before(backup)
    return go(f"Looking for signs of ransomware, compared with {before or 'no earlier backup'}.", before=before)


@verb("scan for ransomware", look=look, timeout=timedelta(hours=2))
def scan_for_ransomware(
    run: Run, backup: str, harmless: str, book: CoverageBook, progress: Progress, seen: Decision
) -> Outcome:
    """Signs make the backup suspicious: a failover passes it over, unless a person calls them harmless."""
    before, measures = book.proved_before(backup)
    signs: list[str] = []
    known = len(progress.warnings)
    for component in run.plan.components:
        found = _signs(run, component, backup, before, measures, progress)
        progress.measures |= {f"{component} {name}": value for name, value in found.measures.items()}
        signs += [*found.signs, *_scanned(run, component, progress)]
    if not signs:
        progress.rules = _rules(run, progress) if len(progress.warnings) == known else None
        return did(f"No sign of ransomware, compared with {before or 'no earlier backup'}.", signs=0)
    if harmless:
        progress.warnings += [f"Called harmless, because {harmless}: {sign}" for sign in signs]
        return did(f"{len(signs)} sign(s) of ransomware were called harmless: {harmless}.", signs=len(signs))
    raise Suspicious(
        f"Backup {backup} of {run.plan.application} is suspicious: {' '.join(signs[:10])}",
        changed="The restored copy is removed; live data was not touched. A failover passes this backup over.",
        remedy="Look at the live data now. If it is well, verify the backup again and say why the signs are harmless.",
    )


def _rules(run: Run, progress: Progress) -> str | None:
    """By what it was looked through, in full: what could not be scanned, or compared, is not known to be clean."""
    try:
        return rules_of(run.plan.verification)
    except RecoveryError as error:
        progress.warnings.append(f"By which rules it was looked through is not known: {error.what}")
        return None


def _signs(
    run: Run, component: str, backup: str, before: str | None, measures: dict[str, float], progress: Progress
) -> Signs:
    store, marks, start = run.backups, known_marks(), f"{component} "
    now = store.expected(store.manifest(run.plan.application, backup), component)
    earlier = _earlier(run, component, before, progress) if before else None
    folder = run.source(run.plan.components[component].scratch).staged_folder()
    samples = take_samples(folder, marks) if folder else ()
    mine = {name.removeprefix(start): value for name, value in measures.items() if name.startswith(start)}
    return find_signs(component, now, earlier, samples, mine, run.plan.verification.ransomware, marks)


def _earlier(run: Run, component: str, before: str, progress: Progress) -> Content | None:
    """What the earlier backup held. That it is damaged by now speaks against that one, not against this one."""
    store = run.backups
    try:
        manifest = store.manifest(run.plan.application, before)
        if any(part.name == component for part in manifest.parts):
            return store.expected(manifest, component)
    except NotProved as error:
        progress.warnings.append(f"Nothing could be compared with {before}: {error.what}")
    return None


def _scanned(run: Run, component: str, progress: Progress) -> list[str]:
    """What the scanners that the plan asks for find. One that could not scan is told of, and is no sign."""
    folder = run.source(run.plan.components[component].scratch).staged_folder()
    found: list[str] = []
    if folder is None:
        return found
    for scan in _scanners(run.plan.verification):
        try:
            found += [f"{component}: {sentence}" for sentence in scan(folder)]
        except RecoveryError as error:
            progress.warnings.append(f"{component} was not scanned: {error.what}")
    return found


def _scanners(policy: VerificationPolicy) -> Iterator[Callable[[Path], list[str]]]:
    if policy.clamav:
        yield scan_with_clamav
    if rules := policy.yara:
        yield lambda folder: scan_with_yara(folder, ROOT / rules)
