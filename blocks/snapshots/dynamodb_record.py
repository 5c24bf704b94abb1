"""The record of one export of a table, in the bucket that holds it. Written last: what has none is no backup."""

from datetime import datetime
from typing import Any, Literal

from blocks.snapshots.kind import Taken
from recovery.model import Frozen


class ExportFile(Frozen):
    """One file of an export, as its own manifest names it.

    Args:
        key: in the bucket.
        items: how many it holds.
        md5: of its bytes, in Base64.
        etag: as S3 gave it.
    """

    key: str
    items: int
    md5: str
    etag: str


class ExportRecord(Frozen):
    """One backup.

    Args:
        origin: the table's address.
        taken_at: the moment that the export shows.
        export: the export's ARN.
        size: in bytes, of the files.
        table: what an import needs to make the table anew: keys, attributes, indexes, billing.
        encrypted: whether every file was seen to be encrypted with the recovery region's key.
    """

    format: Literal["lifeboat-dynamodb-1"] = "lifeboat-dynamodb-1"
    name: str
    origin: str
    taken_at: datetime
    export: str
    size: int
    files: tuple[ExportFile, ...]
    table: dict[str, Any]
    encrypted: bool

    @property
    def items(self) -> int:
        return sum(each.items for each in self.files)

    def taken(self, bucket: str) -> Taken:
        return Taken(
            name=self.name,
            reference=self.export,
            place=f"s3://{bucket}",
            taken_at=self.taken_at,
            size=self.size,
            encrypted=self.encrypted,
        )


class Begun(Frozen):
    """An export or an import that was asked for.

    Args:
        token: makes AWS take a second request for the same one.
        arn: what AWS calls it, once it has answered.
    """

    token: str
    arn: str | None = None
