"""Manifests, listings and records of verifications, made up."""

from datetime import UTC, datetime, timedelta

from recovery.choose import BackupSummary
from recovery.manifest import Manifest, Part
from recovery.sealing import Sealed
from recovery.verification import Verification

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def manifest(hours_old: float, size: int = 1000) -> Manifest:
    at, data = NOON - hours_old * HOUR, Sealed(chunks=(), size=size, digest="")
    part = Part(name="db", kind="files", origin="o", taken_at=at, archive=data, content=data, items=0, total=0)
    return Manifest(
        backup=f"{at:%Y%m%dT%H%M%SZ}-000000",
        application="shop",
        taken_at=at,
        finished_at=at,
        prefix="data/",
        recipient="age1",
        key="data/key.age",
        recipients=("age1",),
        parts=(part,),
    )


def name(hours_old: float) -> str:
    return manifest(hours_old).backup


def listed(hours_old: float, size: int = 1000) -> BackupSummary:
    made = manifest(hours_old, size)
    return BackupSummary(backup=made.backup, manifest=made)


def verified(hours_old: float, at: datetime = NOON, size: int = 1000, **changes: object) -> Verification:
    made = manifest(hours_old, size)
    fields = {"application": "shop", "backup": made.backup, "manifest": made.digest, "at": at}
    return Verification.model_validate(fields | {"depth": "proved equal", "seconds": 2.0} | changes)


BROKEN = BackupSummary(backup="20260101T113000Z-aaaaaa", reason="The manifest has no signature.")
