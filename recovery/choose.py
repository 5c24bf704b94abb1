"""Which backup to restore, and whether it may be restored where it is asked to be."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from recovery.decision import Decision, go, refuse
from recovery.duration import say_duration
from recovery.manifest import Manifest
from recovery.model import Frozen
from recovery.verification import Verification

# Clocks of a primary and of whoever asks differ a little.
CLOCK_SKEW = timedelta(minutes=5)
MOST_SAID = 5
_FAILED = "failed its last verification"


class BackupSummary(Frozen):
    """One backup as the vault lists it.

    Args:
        backup: its identifier.
        manifest: what it is, or None where it is broken.
        reason: why it is broken.
    """

    backup: str
    manifest: Manifest | None = None
    reason: str = ""


def choose_backup(
    backups: Sequence[BackupSummary],
    verifications: Sequence[Verification],
    now: datetime,
    rpo: timedelta,
    wanted: str | None = None,
    unproved_because: str | None = None,
) -> Decision:
    """Takes the newest backup that was proved equal to its source.

    Args:
        backups: as the vault lists them.
        verifications: all of them whose signature holds.
        now: the moment to measure age from.
        rpo: the recovery point objective. Missing it is said, and is no reason to refuse: old data beats none.
        wanted: a backup that a person named instead, or None.
        unproved_because: the reason for taking a backup that was not proved where none is, or None: never.

    Returns:
        `go` with the facts `backup`, `taken_at`, `age_seconds`, `proved`, `objective_met` and `passed_over`,
        or `refuse`.
    """
    if wanted is not None and wanted not in [each.backup for each in backups]:
        have = ", ".join(sorted((each.backup for each in backups), reverse=True)[:MOST_SAID]) or "none"
        return refuse(f"There is no backup {wanted}.", f"There are: {have}.")
    asked = [each for each in backups if wanted in (None, each.backup)]
    objections = [(each, _against(each, verifications)) for each in sorted(asked, key=_age_order, reverse=True)]
    passed_over: list[str] = []
    for each, against in objections:
        if each.manifest and not against:
            return _take(each.manifest, now, rpo, "", passed_over)
        passed_over.append(f"{each.backup} {against}")
    for each, against in objections if unproved_because else ():
        # One that is known to be bad is taken only by name.
        if each.manifest and (wanted or not against.startswith(_FAILED)):
            others = [line for line in passed_over if not line.startswith(f"{each.backup} ")]
            return _take(each.manifest, now, rpo, f"it {against}, and is taken because {unproved_because}", others)
    return _none(wanted, passed_over)


def may_restore(source_address: str, target_address: str) -> Decision:
    """Never into the place that was backed up: restoring is not what should put the only live copy at risk."""
    if source_address == target_address:
        return refuse(
            f"The restore's target {target_address} is the source itself.",
            "Name another place in the plan: the standby's, or a scratch one.",
        )
    return go(f"Restoring into {target_address}, which is not the source {source_address}.")


def _age_order(each: BackupSummary) -> str:
    """By the moment of the snapshot; of a broken one only the identifier tells, which begins with the time."""
    return f"{each.manifest.taken_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}" if each.manifest else each.backup


def proved_backups(backups: Sequence[BackupSummary], verifications: Sequence[Verification]) -> list[str]:
    """The identifiers of those that a recovery may restore, the newest first."""
    newest_first = sorted(backups, key=_age_order, reverse=True)
    return [each.backup for each in newest_first if not _against(each, verifications)]


def _against(each: BackupSummary, verifications: Sequence[Verification]) -> str:
    """What speaks against a backup; nothing where it is proved and no later look found fault with it."""
    if each.manifest is None:
        return f"is broken: {each.reason.rstrip('.')}"
    mine = [record for record in verifications if record.backup == each.backup]
    looks = sorted((record for record in mine if record.manifest == each.manifest.digest), key=lambda look: look.at)
    if mine and not looks:
        return "was verified with another manifest than the one it has now"
    if looks and looks[-1].problem:
        return f"{_FAILED}: {looks[-1].problem.rstrip('.')}"
    if not any(look.shows("proved equal") for look in looks):
        return f"was only {looks[-1].depth}, not proved equal to its source" if looks else "was never verified"
    return ""


def _take(manifest: Manifest, now: datetime, rpo: timedelta, unproved: str, passed_over: list[str]) -> Decision:
    age = now - manifest.taken_at
    kind = "Backup" if unproved else "The newest proved backup"
    kind = "Backup taken" if unproved else "The newest proved backup"
    said = [f"{kind} is {manifest.backup}, {say_duration(max(0.0, age.total_seconds()))} old"]
    if age > rpo:
        said.append(f"WARNING: it misses the objective of {say_duration(rpo.total_seconds())}")
    if age < -CLOCK_SKEW:
        said.append(f"WARNING: it is dated {say_duration(-age.total_seconds())} in the future, so a clock is wrong")
    if unproved:
        said.append(f"WARNING: {unproved}")
    if passed_over:
        said.append(f"not taken: {_listed(passed_over)}")
    return go(
        "; ".join(said) + ".",
        backup=manifest.backup,
        manifest=manifest.digest,
        taken_at=manifest.taken_at.isoformat(),
        age_seconds=round(age.total_seconds(), 1),
        proved=not unproved,
        objective_met=age <= rpo,
        passed_over=passed_over,
    )


def _none(wanted: str | None, passed_over: list[str]) -> Decision:
    remedy = "Run verify, or go on without a proof by --break-glass REASON where the manifest is whole."
    if wanted is not None:
        return refuse(f"Backup {passed_over[0]}.", remedy, passed_over=passed_over)
    if not passed_over:
        return refuse("There is no backup at all.", "Check the vault's address and prefix.", passed_over=[])
    return refuse(f"No backup is proved: {_listed(passed_over)}.", remedy, passed_over=passed_over)


def _listed(passed_over: list[str]) -> str:
    more = len(passed_over) - MOST_SAID
    return "; ".join(passed_over[:MOST_SAID] + ([f"and {more} more"] if more > 0 else []))
