"""What a verification puts on record: its depth, and whether what stopped it speaks against the backup."""

import pytest

from recovery.errors import NotProved, RecoveryError, Unreachable
from recovery.outcome import did
from recovery.verification import DEPTHS
from tasks.progress import Progress, Suspicious


def test_a_backup_is_as_deep_as_its_shallowest_component() -> None:
    progress = Progress(("database", "uploads"))
    assert progress.finding.depth == "listed"
    for depth in DEPTHS:
        progress.reached("database", depth)
    progress.reached("uploads", "checksummed")
    assert progress.finding.depth == "checksummed"
    progress.proved([did("Equal.", part="database"), did("A dry run.")])
    assert progress.finding.proofs == {"database": "Equal."}
    assert (progress.finding.problem, progress.finding.unfinished) == (None, None)


@pytest.mark.parametrize(
    ("error", "problem", "kind", "unfinished"),
    [
        (NotProved("Row missing."), "Row missing.", "fault", None),
        (Suspicious("Notes."), "Notes.", "suspicious", None),
        (Unreachable("Scratch is down."), None, None, "Scratch is down."),
        (RecoveryError("pg_restore: disk full."), None, None, "pg_restore: disk full."),
    ],
)
def test_only_what_was_not_proved_speaks_against_it(
    error: RecoveryError, problem: str | None, kind: str | None, unfinished: str | None
) -> None:
    progress = Progress(("database",))
    progress.stopped(error)
    found = progress.finding
    assert (found.problem, found.problem_kind, found.unfinished) == (problem, kind, unfinished)
