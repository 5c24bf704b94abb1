"""Which backups to verify within a budget of time.

Pure: the ledger goes in, an ordered choice with sentences comes out.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median

from recovery.choose import BackupSummary
from recovery.coverage import Covered, Ledger
from recovery.duration import say_duration
from recovery.model import Frozen

# What is assumed as long as nothing was measured; on the long side.
FIXED_SECONDS, BYTES_A_SECOND = 10.0, 30e6
MOST_MEASURED = 9


class Measured(Frozen):
    """How long one verification took: bytes of plain data, seconds."""

    size: int
    seconds: float


class ToVerify(Frozen):
    """What is done about one backup, and the sentence that says why. `predicted` is in seconds."""

    backup: str
    verify: bool
    predicted: float
    sentence: str


def measured(ledger: Ledger) -> tuple[Measured, ...]:
    """The durations in the ledger that tell of a whole verification, the newest backups first."""
    whole = [each for each in ledger.backups if each.proved and each.seconds and not each.unfinished]
    return tuple(Measured(size=each.size, seconds=each.seconds or 0.0) for each in whole)


def predict(size: int, history: Sequence[Measured]) -> float:
    """How long a verification will take, in seconds.

    The median of what was measured, each scaled up to this size and never down: a part of the cost is fixed, so the
    prediction errs on the long side.
    """
    if not history:
        return FIXED_SECONDS + size / BYTES_A_SECOND
    return median(each.seconds * max(1.0, size / max(1, each.size)) for each in history[:MOST_MEASURED])


def choose_to_verify(
    backups: Sequence[BackupSummary], ledger: Ledger, history: Sequence[Measured], budget: float
) -> tuple[ToVerify, ...]:
    """Decides about every backup, in the order in which to verify.

    The newest comes first and is verified whatever it takes; then what was never verified, the newest of it first; then
    what was verified longest ago. One that does not fit is left for the next run, and a smaller one may still fit.

    Args:
        backups: as the vault lists them.
        ledger: what is known of them.
        history: what verifications took, the most telling first.
        budget: seconds for all together.
    """
    rows = [ledger.of(each.backup) or Covered(backup=each.backup, taken_at=None) for each in backups]
    if not rows:
        return ()
    newest = max(rows, key=lambda row: row.backup)
    decided: list[ToVerify] = []
    left = budget
    for row in [newest, *_longest_ago_first([row for row in rows if row.taken_at and row is not newest])]:
        seconds = predict(row.size, history)
        take = row is newest or seconds <= left
        left -= seconds if take else 0.0
        sentence = _say(row, row is newest, seconds, take)
        decided.append(ToVerify(backup=row.backup, verify=take, predicted=seconds, sentence=sentence))
    broken = [row for row in rows if not row.taken_at and row is not newest]
    decided += [ToVerify(backup=row.backup, verify=False, predicted=0.0, sentence=_broken(row)) for row in broken]
    return tuple(decided)


def _longest_ago_first(rows: list[Covered]) -> list[Covered]:
    """Never verified before verified long ago; among equals the newest backup first."""
    never = datetime.min.replace(tzinfo=UTC)
    newest_first = sorted(rows, key=lambda row: row.backup, reverse=True)
    return sorted(newest_first, key=lambda row: row.at or never)


def _say(row: Covered, newest: bool, seconds: float, take: bool) -> str:
    last = f"was last verified {row.at:%Y-%m-%d %H:%M} UTC" if row.at else "was never verified"
    about = f"about {say_duration(seconds)}"
    if take:
        return f"Verifying {row.backup}, {'the newest one, ' if newest else ''}which {last}: {about}."
    return f"Leaving {row.backup}, which {last}, for another time: {about} do not fit into what is left of the budget."


def _broken(row: Covered) -> str:
    return f"Not verifying {row.backup}: its manifest is broken ({(row.problem or 'unknown').rstrip('.')})."
