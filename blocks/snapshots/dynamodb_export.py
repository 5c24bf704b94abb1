"""A full export of a table to S3 in another region, and what it says of itself."""

import json
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from blocks.amazon import error_code
from blocks.snapshots.dynamodb_items import Export, fingerprint
from blocks.snapshots.dynamodb_record import ExportFile, ExportRecord
from recovery.content import Item
from recovery.errors import Missing, NotProved, Refused

# What an import takes of what `describe_table` gives.
_INDEX = ("IndexName", "KeySchema", "Projection")


def table_to_make(dynamodb: Any, table: str) -> tuple[str, dict[str, Any]]:
    """The ARN of a table that can be exported and imported, and what its import needs.

    Raises:
        Missing: there is no such table.
        Refused: it keeps no history, or has what an import cannot make.
    """
    try:
        told = dynamodb.describe_table(TableName=table)["Table"]
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        raise Missing(f"There is no DynamoDB table {table} in {dynamodb.meta.region_name}.") from error
    kept = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    if kept.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") != "ENABLED":
        what = f"The table {table} has no point-in-time recovery, which an export is made from."
        raise Refused(what, remedy="Enable it on the table.")
    if told.get("LocalSecondaryIndexes"):
        what = f"The table {table} has local secondary indexes, which no import can make."
        raise Refused(what, remedy="Back it up with AWS Backup, or turn them into global ones.")
    made = {key: told[key] for key in ("AttributeDefinitions", "KeySchema")}
    indexes = [{key: each[key] for key in _INDEX} for each in told.get("GlobalSecondaryIndexes") or []]
    return told["TableArn"], made | ({"GlobalSecondaryIndexes": indexes} if indexes else {})


def read_manifest(s3: Any, bucket: str, told: Any, root: str) -> tuple[datetime, tuple[ExportFile, ...]]:
    """The moment that an export shows, and its files, as its manifest names them.

    Args:
        told: what `describe_export` gives.
        root: what every key of this export begins with.

    Raises:
        NotProved: it does not say of itself what was asked for.
    """
    summary = json.loads(_read(s3, bucket, told["ExportManifest"]))
    # The manifest's keys are told without the prefix in some exports, and with it in others.
    files_key = summary["manifestFilesS3Key"]
    lines = _read(s3, bucket, files_key if files_key.startswith(root) else root + files_key).splitlines()
    files = tuple(_file(json.loads(line), root) for line in lines if line.strip())
    if summary["tableArn"] != told["TableArn"] or summary["exportArn"] != told["ExportArn"]:
        raise NotProved(f"The manifest of {told['ExportArn']} is that of another export: {summary['exportArn']}.")
    if sum(each.items for each in files) != summary["itemCount"]:
        raise NotProved(f"The files of {told['ExportArn']} do not add up to its {summary['itemCount']} items.")
    return datetime.fromisoformat(summary["exportTime"]), files


def look_at_files(s3: Any, bucket: str, record: ExportRecord, key: str) -> tuple[int, list[str]]:
    """Holds every file's head against the record: the size of all, and what is wrong.

    Args:
        key: the ARN of the KMS key that they must be encrypted with.
    """
    size, problems = 0, []
    for each in record.files:
        try:
            head = s3.head_object(Bucket=bucket, Key=each.key)
        except ClientError as error:
            if error_code(error) not in ("NoSuchKey", "404"):
                raise
            problems.append(f"{each.key} is missing")
            continue
        size += head["ContentLength"]
        if head["ETag"].strip('"') != each.etag:
            problems.append(f"{each.key} is not what was exported: its ETag is {head['ETag']}, not {each.etag}")
        if head.get("ServerSideEncryption") != "aws:kms" or head.get("SSEKMSKeyId") != key:
            problems.append(f"{each.key} is not encrypted with {key}")
    return size, problems


def read_files(s3: Any, bucket: str, record: ExportRecord) -> tuple[Item, list[str]]:
    """Reads every byte: what the export holds, and what is wrong with it."""
    problems: list[str] = []

    def all_items() -> Any:
        for each in record.files:
            try:
                read = Export(s3.get_object(Bucket=bucket, Key=each.key)["Body"])
                yield from read.items()
            except (ClientError, OSError, EOFError, ValueError, KeyError) as error:
                problems.append(f"{each.key} cannot be read ({type(error).__name__})")
                continue
            if read.md5 != each.md5:
                problems.append(f"{each.key} has other bytes than were exported")

    found = fingerprint(all_items())
    if found.count != record.items and not problems:
        problems.append(f"the files hold {found.count} items, not {record.items}")
    return found, problems


def bucket_problems(s3: Any, bucket: str) -> list[str]:
    """Whether the bucket could be opened to everybody."""
    try:
        told = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if error_code(error) != "NoSuchPublicAccessBlockConfiguration":
            raise
        told = {}
    return [] if told and all(told.values()) else [f"the bucket {bucket} does not block all public access"]


def _read(s3: Any, bucket: str, key: str) -> bytes:
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def _file(line: Any, root: str) -> ExportFile:
    key = line["dataFileS3Key"]
    return ExportFile(
        key=key if key.startswith(root) else root + key,
        items=line["itemCount"],
        md5=line["md5Checksum"],
        etag=line["etag"].strip('"'),
    )
