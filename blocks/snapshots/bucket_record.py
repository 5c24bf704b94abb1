"""The record of one backup of a bucket: every version of every object, and its copy. Written last."""

import contextlib
import time
from datetime import datetime
from typing import Any, Literal

import zstandard
from botocore.exceptions import ClientError

from blocks.amazon import error_code
from blocks.snapshots.bucket_listing import OURS, Copied
from blocks.snapshots.bucket_owned import every_version, remove
from blocks.snapshots.kind import Taken
from recovery.content import Content, Item
from recovery.errors import Missing, NotProved
from recovery.model import Frozen

RECORDS, UNFINISHED, ENDING = f"{OURS}records/", f"{OURS}unfinished/", ".json.zst"
METHOD = "md5"


class BucketRecord(Frozen):
    """One backup.

    Args:
        closed: delete markers that we added, since the key went from the source without leaving one: key, version.
    """

    format: Literal["lifeboat-bucket-1"] = "lifeboat-bucket-1"
    name: str
    origin: str
    taken_at: datetime
    versions: tuple[Copied, ...] = ()
    closed: tuple[tuple[str, str], ...] = ()

    @property
    def named(self) -> set[tuple[str, str]]:
        """Key and version of every copy that this backup needs."""
        return {(each.key, each.copy_version) for each in self.versions} | set(self.closed)

    def content(self) -> Content:
        items, traits = {}, {}
        for each in self.versions:
            if each.marker:
                traits[f"delete marker {each.label}"] = "there"
            else:
                items[each.label] = Item(count=each.size, digest=each.digest, method=METHOD)
                traits[f"metadata of {each.label}"] = each.about
        return Content(kind="bucket", origin=self.origin, taken_at=self.taken_at, items=items, traits=traits)


class Records:
    """The records in one bucket of copies."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def write(self, record: BucketRecord) -> None:
        total = sum(each.size for each in record.versions)
        about = {"taken-at": record.taken_at.isoformat(), "total": str(total)}
        self._put(f"{RECORDS}{record.name}{ENDING}", record, Metadata=about, IfNoneMatch="*")

    def read(self, name: str) -> BucketRecord:
        """Raises:
        Missing: there is no such backup.
        NotProved: its record is damaged.
        """
        try:
            record = self._get(f"{RECORDS}{name}{ENDING}")
        except ClientError as error:
            if error_code(error) in ("NoSuchKey", "404"):
                raise Missing(f"There is no backup {name} in the bucket {self._bucket}.") from error
            raise
        except (ValueError, zstandard.ZstdError) as error:
            raise NotProved(f"The record of backup {name} in the bucket {self._bucket} is damaged.") from error
        if record.name != name:
            raise NotProved(f"The record of backup {name} is that of {record.name}: it was swapped.")
        return record

    def names(self) -> list[str]:
        """The newest first."""
        keys = sorted(self._keys(RECORDS), reverse=True)
        return [key.removeprefix(RECORDS).removesuffix(ENDING) for key in keys]

    def taken(self, name: str) -> Taken:
        key = f"{RECORDS}{name}{ENDING}"
        head = self._client.head_object(Bucket=self._bucket, Key=key)
        return Taken(
            name=name,
            reference=f"s3://{self._bucket}/{key}",
            place=self._bucket,
            taken_at=datetime.fromisoformat(head["Metadata"]["taken-at"]),
            size=int(head["Metadata"]["total"]),
            encrypted=bool(head.get("ServerSideEncryption")),
        )

    def needed(self) -> set[tuple[str, str]] | None:
        """Key and version of every copy that any backup needs, also one that is not finished.

        None where a record cannot be read: then nothing may be called unneeded.
        """
        found = {(each.key, each.copy_version) for each in self.unfinished()}
        try:
            for name in self.names():
                found |= self.read(name).named
        except NotProved:
            return None
        return found

    def newest(self) -> BucketRecord | None:
        """The newest one that can be read."""
        for name in self.names():
            with contextlib.suppress(NotProved):
                return self.read(name)
        return None

    def unfinished(self) -> list[Copied]:
        """What a backup copied that did not come to its record. A note that is damaged is not needed."""
        found: list[Copied] = []
        for key in self._keys(UNFINISHED):
            with contextlib.suppress(ValueError, zstandard.ZstdError):
                found += self._get(key).versions
        return found

    def note(self, record: BucketRecord) -> None:
        self._put(f"{UNFINISHED}{record.name}-{time.time_ns()}{ENDING}", record)

    def remove(self, name: str, held: list[str]) -> None:
        self._remove(f"{RECORDS}{name}{ENDING}", held)

    def remove_notes(self) -> None:
        self._remove(UNFINISHED, [])

    def _remove(self, prefix: str, held: list[str]) -> None:
        """With all versions: a delete marker alone would leave them there for good."""
        remove(self._client, self._bucket, every_version(self._client, self._bucket, prefix), held)

    def _keys(self, prefix: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return [row["Key"] for page in pages for row in page.get("Contents", [])]

    def _put(self, key: str, record: BucketRecord, **more: Any) -> None:
        data = zstandard.ZstdCompressor(write_checksum=True).compress(record.model_dump_json().encode())
        self._client.put_object(Bucket=self._bucket, Key=key, Body=data, **more)

    def _get(self, key: str) -> BucketRecord:
        data = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return BucketRecord.model_validate_json(zstandard.ZstdDecompressor().decompress(data))
