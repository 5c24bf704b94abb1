"""Buckets that are ours: nobody else's objects are ever removed, because nobody else's bucket is ever taken."""

import contextlib
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from blocks.amazon import error_code
from blocks.snapshots.bucket_listing import OURS, copies
from recovery.errors import Refused

_OWNER = f"{OURS}copies-of"
_TAG = "lifeboat-restored"
_ABSENT = ("NoSuchKey", "404", "NoSuchBucket", "NoSuchTagSet")


def claim(client: Any, bucket: str, origin: str) -> None:
    """Makes an empty bucket that of the copies of one source. Idempotent.

    Raises:
        Refused: something else is in it, or it keeps no versions.
    """
    owner = _owner(client, bucket)
    if owner == origin:
        return
    if owner is not None:
        raise Refused(f"The bucket {bucket} holds the copies of {owner}, not those of {origin}.")
    if client.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        raise Refused(f"The bucket {bucket} keeps no versions.", remedy="Enable versioning on it.")
    if client.list_object_versions(Bucket=bucket, MaxKeys=1).keys() & {"Versions", "DeleteMarkers"}:
        raise Refused(f"The bucket {bucket} is not empty.", remedy="Name one that holds nothing else than copies.")
    client.put_object(Bucket=bucket, Key=_OWNER, Body=origin.encode(), IfNoneMatch="*")


def claim_restored(client: Any, bucket: str, region: str, name: str) -> None:
    """Makes the bucket that a backup is restored to, or finds it half filled by the same restore.

    Raises:
        Refused: it is there and was not made for this backup.
    """
    there = restored_name(client, bucket)
    if there == name:
        return
    if there is not None:
        remedy = "Discard it first, or name another one."
        raise Refused(f"The bucket {bucket} is there already and was not made for backup {name}.", remedy=remedy)
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=bucket, **where)
    client.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": _TAG, "Value": name}]})
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def restored_name(client: Any, bucket: str) -> str | None:
    """Which backup a bucket was made for; an empty word where it is not ours, None where there is no bucket."""
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error_code(error) in _ABSENT:
            return None
        raise
    try:
        tags = client.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except ClientError as error:
        if error_code(error) in _ABSENT:
            return ""
        raise
    return next((str(tag["Value"]) for tag in tags if tag["Key"] == _TAG), "")


def remove_restored(client: Any, bucket: str) -> None:
    """Removes a bucket that was made for a restore, with all in it. Another one is left as it is. Idempotent."""
    if not restored_name(client, bucket):
        return
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for row in page.get("Versions", []) + page.get("DeleteMarkers", []):
            client.delete_object(Bucket=bucket, Key=row["Key"], VersionId=row["VersionId"])
    client.delete_bucket(Bucket=bucket)


def remove_unnamed(client: Any, bucket: str, named: set[tuple[str, str]], held: list[str]) -> None:
    """Removes copies that no backup needs. What a lock holds is added to `held`."""
    for each in copies(client, bucket):
        if (each.key, each.version) not in named:
            with unless_locked(each.label, held):
                client.delete_object(Bucket=bucket, Key=each.key, VersionId=each.version)


@contextlib.contextmanager
def unless_locked(what: str, held: list[str]) -> Iterator[None]:
    """What a lock holds stays, and is told."""
    try:
        yield
    except ClientError as error:
        if error_code(error) not in ("AccessDenied", "InvalidRequest"):
            raise
        held.append(f"{what} is held by a lock")


def _owner(client: Any, bucket: str) -> str | None:
    try:
        return str(client.get_object(Bucket=bucket, Key=_OWNER)["Body"].read().decode())
    except ClientError as error:
        if error_code(error) in ("NoSuchKey", "404"):
            return None
        raise
