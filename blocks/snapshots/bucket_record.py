"""The record of one backup of a bucket: every version of every object, and its copy. Written last."""

from datetime import datetime
from typing import Any, Literal

import zstandard
from botocore.exceptions import ClientError

from blocks.amazon import error_code
from blocks.snapshots.bucket_listing import OURS, label
from blocks.snapshots.kind import Taken
from recovery.content import Content, Item
from recovery.errors import Missing, NotProved
from recovery.model import Frozen

RECORDS = f"{OURS}records/"
METHOD = "md5"


class Copied(Frozen):
    """One version and its copy.

    Args:
        key, number, marker, size: as in `Version`.
        version, etag, modified: of the source.
        digest: MD5 of the bytes. S3 gives it for most objects as their ETag, so bytes need not be read.
        about: content type, user's metadata and the like, as JSON.
        copy_version, copy_etag: of the copy.
    """

    key: str
    number: int
    marker: bool
    size: int
    version: str
    etag: str
    modified: datetime
    digest: str
    about: str
    copy_version: str
    copy_etag: str

    @property
    def identity(self) -> tuple[str, str, str, datetime]:
        return self.key, self.version, self.etag, self.modified

    @property
    def label(self) -> str:
        return label(self.key, self.number)


class BucketRecord(Frozen):
    """One backup.

    Args:
        closed: delete markers that we added, since the key went from the source without leaving one: key, version.
    """

    format: Literal["lifeboat-bucket-1"] = "lifeboat-bucket-1"
    name: str
    origin: str
    taken_at: datetime
    versions: tuple[Copied, ...]
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
        self._client.put_object(
            Bucket=self._bucket,
            Key=self._key(record.name),
            Body=zstandard.ZstdCompressor(write_checksum=True).compress(record.model_dump_json().encode()),
            Metadata={"taken-at": record.taken_at.isoformat(), "total": str(total)},
            IfNoneMatch="*",
        )

    def read(self, name: str) -> BucketRecord:
        """Raises:
        Missing: there is no such backup.
        NotProved: its record is damaged.
        """
        try:
            data = self._client.get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read()
        except ClientError as error:
            if error_code(error) in ("NoSuchKey", "404"):
                raise Missing(f"There is no backup {name} in the bucket {self._bucket}.") from error
            raise
        try:
            record = BucketRecord.model_validate_json(zstandard.ZstdDecompressor().decompress(data))
        except (ValueError, zstandard.ZstdError) as error:
            raise NotProved(f"The record of backup {name} in the bucket {self._bucket} is damaged.") from error
        if record.name != name:
            raise NotProved(f"The record of backup {name} is that of {record.name}: it was swapped.")
        return record

    def all(self) -> list[Taken]:
        """The newest first."""
        names = []
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=RECORDS):
            names += [row["Key"].removeprefix(RECORDS).removesuffix(".json.zst") for row in page.get("Contents", [])]
        return [self._taken(name) for name in sorted(names, reverse=True)]

    def remove(self, name: str) -> None:
        """Removes it with all its versions: a marker alone would leave it there for good."""
        listed = self._client.list_object_versions(Bucket=self._bucket, Prefix=self._key(name))
        for row in listed.get("Versions", []) + listed.get("DeleteMarkers", []):
            self._client.delete_object(Bucket=self._bucket, Key=row["Key"], VersionId=row["VersionId"])

    def _taken(self, name: str) -> Taken:
        head = self._client.head_object(Bucket=self._bucket, Key=self._key(name))
        return Taken(
            name=name,
            reference=f"s3://{self._bucket}/{self._key(name)}",
            place=self._bucket,
            taken_at=datetime.fromisoformat(head["Metadata"]["taken-at"]),
            size=int(head["Metadata"]["total"]),
            encrypted=bool(head.get("ServerSideEncryption")),
        )

    def _key(self, name: str) -> str:
        return f"{RECORDS}{name}.json.zst"
