"""What is wrong with a restored database, by what RDS tells of it. Pure."""

from collections.abc import Mapping
from typing import Any

from recovery.errors import NotProved

# RDS does not come out of these by itself.
_FAILED = ("failed", "incompatible", "inaccessible", "restore-error", "storage-full")


def failed(what: str, status: str) -> None:
    """Raises `NotProved` where RDS has given up."""
    if status.startswith(_FAILED):
        raise NotProved(
            f"RDS could not restore {what}: it is {status}.", changed="It stands.", remedy="Look, then discard it."
        )


def instance_faults(row: Mapping[str, Any], key: str) -> list[str]:
    name = row["DBInstanceIdentifier"]
    found = []
    if row["DBInstanceStatus"] != "available":
        found.append(f"{name} is {row['DBInstanceStatus']}")
    if row.get("PubliclyAccessible"):
        found.append(f"{name} can be reached from the internet")
    return found + storage_faults(name, row, key)


def storage_faults(name: str, row: Mapping[str, Any], key: str) -> list[str]:
    if not row.get("StorageEncrypted"):
        return [f"{name} is not encrypted"]
    if row.get("KmsKeyId") != key:
        return [f"{name} is encrypted with {row.get('KmsKeyId')}, not with {key}"]
    return []
