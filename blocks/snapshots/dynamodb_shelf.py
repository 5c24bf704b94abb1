"""What lies in the bucket of a table's exports: records, data, and what was begun."""

import contextlib
from collections.abc import Collection, Iterator
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from blocks.amazon import error_code
from blocks.snapshots.dynamodb_record import ExportRecord
from recovery.errors import Missing, NotProved
from recovery.model import Frozen

M = TypeVar("M", bound=Frozen)


class Shelf:
    """What lies in the bucket of one table.

    Args:
        client: of S3, in the bucket's region.
        bucket: its name.
        root: what every key of this table begins with, ending in a slash.
        key: the KMS key that records are encrypted with too.
    """

    def __init__(self, client: Any, bucket: str, root: str, key: str) -> None:
        self._client, self._bucket, self.root, self._key = client, bucket, root, key

    def read(self, kind: type[M], where: str) -> M | None:
        """Raises `NotProved` where something is there that cannot be read."""
        try:
            data = self._client.get_object(Bucket=self._bucket, Key=self.root + where)["Body"].read()
        except ClientError as error:
            if error_code(error) in ("NoSuchKey", "404"):
                return None
            raise
        try:
            return kind.model_validate_json(data)
        except ValueError as error:
            raise NotProved(f"s3://{self._bucket}/{self.root}{where} is damaged.") from error

    def write(self, where: str, value: Frozen) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=self.root + where,
            Body=value.model_dump_json().encode(),
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId=self._key,
        )

    def record(self, name: str) -> ExportRecord:
        """Raises `Missing` where there is none, and `NotProved` where it is damaged or another one's."""
        record = self.read(ExportRecord, f"records/{name}.json")
        if record is None:
            raise Missing(f"There is no backup {name} under s3://{self._bucket}/{self.root}.")
        if record.name != name:
            raise NotProved(f"The record of backup {name} is that of {record.name}: it was swapped.")
        return record

    def records(self) -> tuple[list[ExportRecord], list[str]]:
        """Every backup, the newest first, and the names of those whose record is damaged."""
        found, damaged = [], []
        for name in reversed(self.names("records")):
            try:
                found.append(self.record(name))
            except NotProved:
                damaged.append(name)
        return found, damaged

    def names(self, folder: str) -> list[str]:
        """What lies right in a folder: files without .json, and folders."""
        prefix, found = f"{self.root}{folder}/", []
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, Delimiter="/"
        )
        for page in pages:
            found += [row["Key"] for row in page.get("Contents", [])]
            found += [row["Prefix"] for row in page.get("CommonPrefixes", [])]
        return sorted(each.removeprefix(prefix).removesuffix(".json").rstrip("/") for each in found)

    def hide(self, where: str) -> None:
        """Removes one thing from sight. Its versions stay, where versions are kept: a lock may hold them."""
        self._client.delete_object(Bucket=self._bucket, Key=self.root + where)

    def expire(self, keep: Collection[str], held: list[str]) -> tuple[str, ...]:
        """Removes every backup that is not kept, but never the newest; the names that are gone."""
        records, damaged = self.records()
        held += [f"{name}: its record is damaged, and a person has to look at it" for name in damaged]
        newest = records[0].name if records else ""
        going = [each.name for each in reversed(records[1:]) if each.name not in keep]
        removed = [name for name in going if self.remove(f"records/{name}.json", held)]
        # What has no record is what was never finished, or what a killed run was removing.
        for name in sorted(set(self.names("data")) - set(self.names("records")) - set(keep)):
            if name < newest and self.remove(f"data/{name}/", held):
                self.remove(f"begun/{name}.json", held)
        return tuple(removed)

    def remove(self, where: str, held: list[str]) -> bool:
        """Removes all that begins so, with all its versions; whether it is gone. What a lock holds is added."""
        before = len(held)
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket, Prefix=self.root + where
        )
        for page in pages:
            for row in page.get("Versions", []) + page.get("DeleteMarkers", []):
                with _unless_locked(row["Key"], held):
                    self._client.delete_object(Bucket=self._bucket, Key=row["Key"], VersionId=row["VersionId"])
        return len(held) == before


@contextlib.contextmanager
def _unless_locked(what: str, held: list[str]) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        # S3 refuses what Object Lock holds in the words that it refuses wrong keys with.
        if error_code(error) not in ("AccessDenied", "InvalidRequest"):
            raise
        held.append(f"{what} is held by a lock, or may not be removed with these keys")
