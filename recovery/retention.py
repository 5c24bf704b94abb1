"""Which backups to keep. Pure: what there is goes in, one decision a backup comes out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from recovery.choose import BackupSummary
from recovery.duration import say_duration
from recovery.model import Frozen


class Kept(Frozen):
    """What is done about one backup, and the sentence that explains it."""

    backup: str
    keep: bool
    sentence: str


class Rules(Frozen):
    """How many backups to keep, counted among those whose manifest is whole.

    Args:
        last: the newest so many.
        daily, weekly, monthly, yearly: the newest of each of the newest so many days, weeks, months and years (UTC)
            that have one; grandfather, father, son.
        at_least: nothing younger than this goes.
    """

    last: int
    daily: int
    weekly: int
    monthly: int
    yearly: int
    at_least: timedelta


_PERIODS: dict[str, Callable[[datetime], str]] = {
    "daily": lambda at: f"{at:%Y-%m-%d}",
    "weekly": lambda at: f"{at:%G-W%V}",
    "monthly": lambda at: f"{at:%Y-%m}",
    "yearly": lambda at: f"{at:%Y}",
}


def decide_retention(
    backups: Sequence[BackupSummary],
    proved: Collection[str],
    rules: Rules,
    now: datetime,
    locked: Mapping[str, datetime] = {},
) -> tuple[Kept, ...]:
    """Decides about every backup, the newest first.

    The newest backup and the newest proved one always stay, whatever the rules say. One whose manifest is broken stays
    too: it is evidence, and a person has to look at it.

    Args:
        backups: as the vault lists them.
        proved: the identifiers of those that were proved equal to their source.
        rules: the plan's.
        now: the moment to count age from.
        locked: until when a lock holds a backup, for those of which that is known.
    """
    newest_first = sorted(backups, key=lambda each: each.backup, reverse=True)
    whole = [(each.backup, each.manifest.taken_at) for each in newest_first if each.manifest]
    reasons = reasons_to_keep(whole, proved, rules, now)
    return tuple(_say(each, reasons.get(each.backup), locked.get(each.backup, now), now) for each in newest_first)


def _say(each: BackupSummary, reason: str | None, until: datetime, now: datetime) -> Kept:
    if each.manifest is None:
        said = f"{each.backup} stays: its manifest is broken, and a person has to look at it ({each.reason})"
        return Kept(backup=each.backup, keep=True, sentence=said)
    if reason:
        return Kept(backup=each.backup, keep=True, sentence=f"{each.backup} stays: it is {reason}.")
    if until > now:
        said = f"{each.backup} stays: no rule keeps it, but a lock does until {until:%Y-%m-%d %H:%M} UTC."
        return Kept(backup=each.backup, keep=True, sentence=said)
    return Kept(backup=each.backup, keep=False, sentence=f"{each.backup} goes: no rule keeps it.")


def reasons_to_keep(
    whole: Sequence[tuple[str, datetime]], proved: Collection[str], rules: Rules, now: datetime
) -> dict[str, str]:
    """Why a backup stays; the first reason counts. One that is not named goes.

    Args:
        whole: names and moments, the newest first.
    """
    found: dict[str, str] = {}
    for backup, _ in whole[:1]:
        found.setdefault(backup, "the newest")
    for backup in [backup for backup, _ in whole if backup in proved][:1]:
        found.setdefault(backup, "the newest that was proved")
    for backup, at in whole:
        if now - at < rules.at_least:
            found.setdefault(backup, f"younger than {say_duration(rules.at_least.total_seconds())}")
    for backup, _ in whole[: rules.last]:
        found.setdefault(backup, f"one of the last {rules.last}")
    for rule, period_of in _PERIODS.items():
        for backup, period in _newest_of_each(whole, period_of)[: getattr(rules, rule)]:
            found.setdefault(backup, f"the {rule} one of {period}")
    return found


def _newest_of_each(
    whole: Sequence[tuple[str, datetime]], period_of: Callable[[datetime], str]
) -> list[tuple[str, str]]:
    newest: dict[str, str] = {}
    for backup, at in whole:
        newest.setdefault(period_of(at), backup)
    return [(backup, period) for period, backup in newest.items()]
