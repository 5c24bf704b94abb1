"""What every vault with a lock against deletion has: how long it locks what, and how it says so."""

from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

from blocks.vaults.kind import Posture
from recovery.errors import Refused
from recovery.model import now

# Backups are locked. Leases and journals are written again and again, and verifications can be made again.
_LOCKED = ("data/", "manifests/")
LockMode = Literal["compliance", "governance"]


class Locking(BaseModel):
    """The fields. Put it before `Vault` among the bases."""

    lock_mode: LockMode | None = Field(
        default=None,
        title="Lock",
        description="Compliance: nobody can delete a backup before its time, not even the account's owner. "
        "Governance: those with a right to bypass it can. Empty: no lock.",
    )
    lock_days: int | None = Field(
        default=None, ge=1, le=36_500, title="Lock days", description="For how many days each new backup is locked."
    )

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.lock_mode is None) != (self.lock_days is None):
            raise ValueError("lock_mode and lock_days belong together: give both, or neither")
        return self

    def lock_for(self, key: str) -> datetime | None:
        """Until when an object that is written now is to be locked, or None where it is not."""
        if self.lock_days is None or not key.startswith(_LOCKED):
            return None
        return now() + timedelta(days=self.lock_days)

    def keep_locked(self, key: str) -> bool:
        """Only where nothing is locked: making a lock longer is each vault's own affair."""
        return self.lock_for(key) is None

    def posture_of(self, place: str, versioning: bool, lockable: bool) -> Posture:
        """Args:
        place: the bucket or container.
        versioning, lockable: what was read back of it.
        """
        kept = "Versions are kept" if versioning else "Versions are not kept: what is overwritten or deleted is gone"
        if self.lock_mode and lockable:
            lock = f"each new backup is locked for {self.lock_days} days ({self.lock_mode})"
        elif self.lock_mode:
            lock = f"but the block asks for a lock ({self.lock_mode}) that {place} was not made for"
        else:
            lock = "and this block locks nothing"
        on = self.lock_mode if lockable else None
        said = f"{place}: {kept}, {lock}."
        return Posture(versioning=versioning, lock=on, lock_days=self.lock_days if on else None, sentence=said)


def refuse_removal(where: str, until: datetime | None) -> Refused:
    """The error that says why an object stays."""
    when = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
    return Refused(f"{where} is locked{when}: it cannot be removed before.", remedy="Wait; a lock is meant to hold.")
