"""Buckets that are ours: nobody else's objects are ever removed, because nobody else's bucket is ever taken."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from blocks.amazon import error_code
from blocks.snapshots.bucket_listing import OURS
from recovery.errors import Refused

_OWNER = f"{OURS}copies-of"
_TAG = "lifeboat-restored"
T = TypeVar("T")
R = TypeVar("R")
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
        remedy = "Discard it first, remove it by hand if it is empty, or name another one."
        raise Refused(f"The bucket {bucket} is there already and was not made for backup {name}.", remedy=remedy)
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=bucket, **where)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    # The last: a bucket with this tag is ready to be filled.
    client.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": _TAG, "Value": name}]})


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
    if restored_name(client, bucket):
        held: list[str] = []
        remove(client, bucket, every_version(client, bucket), held)
        if held:
            raise Refused(f"The bucket {bucket} cannot be removed: {held[0]}.")
        client.delete_bucket(Bucket=bucket)


def every_version(client: Any, bucket: str, prefix: str = "") -> list[tuple[str, str]]:
    """Key and version of all that is there, delete markers too."""
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    rows = [row for page in pages for row in page.get("Versions", []) + page.get("DeleteMarkers", [])]
    return [(row["Key"], row["VersionId"]) for row in rows]


def remove(client: Any, bucket: str, unneeded: Iterable[tuple[str, str]], held: list[str]) -> None:
    """Removes versions for good. What a lock holds stays, and is added to `held`."""

    def gone(each: tuple[str, str]) -> None:
        try:
            client.delete_object(Bucket=bucket, Key=each[0], VersionId=each[1])
        except ClientError as error:
            if error_code(error) not in ("AccessDenied", "InvalidRequest"):
                raise
            held.append(f"{each[0]} (version {each[1]}) is held by a lock")

    each_of(gone, unneeded)


def abort_uploads(client: Any, bucket: str) -> None:
    """What a killed copy in parts left is paid for, and never seen."""
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for each in page.get("Uploads", []):
            client.abort_multipart_upload(Bucket=bucket, Key=each["Key"], UploadId=each["UploadId"])


def each_of(work: Callable[[T], R], over: Iterable[T]) -> list[R]:
    """Many at once, as many as boto3 keeps connections for. The results in order; it has all been done by then."""
    with ThreadPoolExecutor(10, thread_name_prefix="bucket") as pool:
        return list(pool.map(work, over))


def _owner(client: Any, bucket: str) -> str | None:
    try:
        return str(client.get_object(Bucket=bucket, Key=_OWNER)["Body"].read().decode())
    except ClientError as error:
        if error_code(error) in ("NoSuchKey", "404"):
            return None
        raise
