"""Object Lock, versions and unfinished uploads of an S3 bucket."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from blocks.vaults.locking import refuse_removal
from blocks.vaults.s3_errors import ABSENT_CODES, code_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def settings(client: "S3Client", bucket: str) -> tuple[bool, bool]:
    """Whether the bucket keeps versions, and whether it was made with Object Lock."""
    versioning = client.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled"
    try:
        found = client.get_object_lock_configuration(Bucket=bucket)
    except ClientError as error:
        if code_of(error) != "ObjectLockConfigurationNotFoundError":
            raise
        return versioning, False
    return versioning, found["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"


def retained_until(client: "S3Client", bucket: str, key: str, version: str | None = None) -> datetime | None:
    """Until when Object Lock holds a version of an object, the newest by default."""
    named = {"VersionId": version} if version else {}
    try:
        return client.head_object(Bucket=bucket, Key=key, **named).get("ObjectLockRetainUntilDate")  # type: ignore[arg-type]
    except ClientError as error:
        if code_of(error) in ABSENT_CODES:
            return None
        raise


def extend(client: "S3Client", bucket: str, key: str, mode: str, until: datetime) -> None:
    """Makes Object Lock hold the newest version of an object until then, and a day more: what is written into a backup
    later than this is locked for a little longer."""
    retention: Any = {"Mode": mode, "RetainUntilDate": until + timedelta(days=1)}
    client.put_object_retention(Bucket=bucket, Key=key, Retention=retention)


def remove_versions(client: "S3Client", bucket: str, key: str) -> None:
    """Removes every version of one object: delete markers, then versions, the newest first.

    A delete without a version would only hide the object: it would look gone, and still be there and be paid for.

    Raises:
        Refused: a lock holds a version; it and all older ones are as they were.
    """
    for version in _versions(client, bucket, key):
        try:
            client.delete_object(Bucket=bucket, Key=key, VersionId=version)
        except ClientError as error:
            held = code_of(error) == "AccessDenied" and retained_until(client, bucket, key, version)
            if not held:
                raise
            raise refuse_removal(f"s3://{bucket}/{key}", held) from error


def _versions(client: "S3Client", bucket: str, key: str) -> list[str]:
    """Of one object: delete markers, then versions, the newest first, as the store lists them."""
    markers: list[str] = []
    versions: list[str] = []
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
        markers += [each["VersionId"] for each in page.get("DeleteMarkers", []) if each["Key"] == key]
        versions += [each["VersionId"] for each in page.get("Versions", []) if each["Key"] == key]
    return markers + versions


def abort_uploads(client: "S3Client", bucket: str, prefix: str, before: datetime) -> list[str]:
    """Ends multipart uploads that began before that moment and were not finished: paid for, and seen by none.

    Returns:
        Their keys.
    """
    aborted = []
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix):
        for upload in page.get("Uploads", []):
            if upload["Initiated"] < before:
                client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
                aborted.append(upload["Key"])
    return aborted
