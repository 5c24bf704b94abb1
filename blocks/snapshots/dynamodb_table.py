"""A DynamoDB table: exported in full to S3 in the recovery region, and imported there into a table of its own.

DynamoDB's own backups stay in their region, and AWS Backup's copies can only be seen whole by restoring them; an export
crosses regions by itself, takes no read capacity, and can be read, so that a restored table can be proved item by item.
"""

import uuid
from collections.abc import Collection

from pydantic import Field

from blocks.snapshots.dynamodb_export import bucket_problems, look_at_files, read_files, read_manifest, table_to_make
from blocks.snapshots.dynamodb_import import Importer
from blocks.snapshots.dynamodb_items import differences, fingerprint, scan
from blocks.snapshots.dynamodb_record import Begun, ExportRecord
from blocks.snapshots.dynamodb_shelf import Shelf
from blocks.snapshots.held import identifier
from blocks.snapshots.kind import Expired, ManagedBackup, Shown, Taken
from blocks.snapshots.place import RecoveryPlace
from recovery.content import Item
from recovery.errors import NotProved

GOES_ON = "What was begun is written down in the bucket: the same call goes on with it."


class DynamoDbTableExport(RecoveryPlace, ManagedBackup):
    """Full exports of a table with point-in-time recovery, encrypted with the recovery region's key.

    Not exported: tags, time to live, streams, provisioned capacity, local secondary indexes (refused).
    """

    _block_type_name = "DynamoDB table export"
    _block_type_slug = "dynamodb-table-export"
    _description = "Exports a DynamoDB table to the recovery region, imports it there, and compares it item by item."

    table: str = Field(pattern=r"^[A-Za-z0-9_.-]{3,255}$", title="Table", description="Its name.")
    bucket: str = Field(title="Bucket", description="Of the recovery region; best with Object Lock, and ours alone.")
    prefix: str = Field(default="lifeboat/", title="Prefix", description="What every key in the bucket begins with.")
    read_items: bool = Field(
        default=True, title="Read items", description="Read every item to prove it. Costs reads of what was restored."
    )

    @property
    def address(self) -> str:
        return f"dynamodb://{self.region}/{self.table}"

    def take(self, name: str) -> Taken:
        identifier(self.address, name)  # one that AWS would not take is refused before anything is begun
        with self.aws_errors(f"exporting {name} of {self.address}", GOES_ON):
            shelf = self._shelf()
            if record := shelf.read(ExportRecord, f"records/{name}.json"):
                return record.taken(self.bucket)
            arn, table = table_to_make(self.aws("dynamodb"), self.table)
            export = self._export(shelf, name, arn, self.usable_key())
            what = f"the export {name} of {self.address}"
            record = self.wait_for(lambda: self._finished(shelf, name, export, table), what)
            shelf.write(f"records/{name}.json", record)
        return record.taken(self.bucket)

    def backups(self) -> list[Taken]:
        with self.aws_errors(f"listing the backups of {self.address}"):
            return [each.taken(self.bucket) for each in self._shelf().records()[0]]

    def restore(self, name: str) -> str:
        with self.aws_errors(f"restoring {name} of {self.address}", GOES_ON):
            record, importer = self._shelf().record(name), self._importer(self.usable_key())
            table = identifier(self.address, name)
            return self.wait_for(lambda: importer.step(record, table), f"the restore of {name} of {self.address}")

    def prove(self, name: str) -> Shown:
        with self.aws_errors(f"looking at {name} of {self.address}"):
            record, s3, key = self._shelf().record(name), self.recovery("s3"), self.key()
            _, problems = look_at_files(s3, self.bucket, record, key.arn)
            problems += [*([key.problem] if key.problem else []), *bucket_problems(s3, self.bucket)]
            found, more = read_files(s3, self.bucket, record) if self.read_items else (None, [])
            problems += more
            table = identifier(self.address, name)
            if self._importer(key.arn).restored(table):
                return self._compared(table, found, problems)
        said = f"the export of {record.taken_at:%Y-%m-%d %H:%M:%S} UTC has its {len(record.files)} files"
        if found is None:
            return Shown(depth="listed", sentence=f"{said}; they were not read.", problems=tuple(problems))
        said = f"{said}, and they were read: {found.count} items."
        return Shown(depth="checksummed", sentence=said, problems=tuple(problems))

    def discard(self) -> None:
        what = f"the removal of what was restored of {self.address}"
        with self.aws_errors(what, "Some of it may be gone."):
            self.wait_for(self._importer(self.kms_key_id).discard, what)

    def expire(self, keep: Collection[str]) -> Expired:
        held: list[str] = []
        with self.aws_errors(f"expiring backups of {self.address}", "Some may be gone."):
            removed = self._shelf().expire(keep, held)
        return Expired(removed=removed, held=tuple(held))

    def _export(self, shelf: Shelf, name: str, table: str, key: str) -> str:
        """Begins the export, or finds the one that was begun."""
        begun = shelf.read(Begun, f"begun/{name}.json") or Begun(token=_token(self.address, name))
        if begun.arn:
            return begun.arn
        told = self.aws("dynamodb").export_table_to_point_in_time(
            TableArn=table,
            ClientToken=begun.token,
            S3Bucket=self.bucket,
            S3Prefix=f"{shelf.root}data/{name}",
            S3SseAlgorithm="KMS",
            S3SseKmsKeyId=key,
            ExportFormat="DYNAMODB_JSON",
        )["ExportDescription"]
        shelf.write(f"begun/{name}.json", begun.model_copy(update={"arn": told["ExportArn"]}))
        return str(told["ExportArn"])

    def _finished(self, shelf: Shelf, name: str, export: str, table: dict[str, object]) -> ExportRecord | None:
        told = self.aws("dynamodb").describe_export(ExportArn=export)["ExportDescription"]
        if told["ExportStatus"] == "FAILED":
            what = f"AWS could not export {self.table} ({told.get('FailureCode')})."
            raise NotProved(what, changed="No backup was made.", remedy="Take a new one, by another name.")
        if told["ExportStatus"] != "COMPLETED":
            return None
        s3, key = self.recovery("s3"), self.key().arn
        taken_at, files = read_manifest(s3, self.bucket, told, f"{shelf.root}data/{name}/")
        about = {"name": name, "origin": self.address, "taken_at": taken_at, "export": export, "table": table}
        record = ExportRecord.model_validate({**about, "files": files, "size": 0, "encrypted": False})
        size, problems = look_at_files(s3, self.bucket, record, key)
        if broken := [each for each in problems if "not encrypted" not in each]:
            raise NotProved(f"The export {export} is not whole: {'; '.join(broken)}.")
        return record.model_copy(update={"size": size, "encrypted": not problems})

    def _compared(self, table: str, found: Item | None, problems: list[str]) -> Shown:
        if found is None:
            said = f"it was restored as {table}, and restores only: its content was not read."
            return Shown(depth="restored", sentence=said, problems=tuple(problems))
        restored = fingerprint(scan(self.recovery("dynamodb"), table))
        problems += differences(table, restored, found)
        said = f"{table} was read and compared with the export, item by item: {restored.count} items."
        return Shown(depth="restored" if problems else "proved equal", sentence=said, problems=tuple(problems))

    def _shelf(self) -> Shelf:
        root = f"{self.prefix}{self.region}/{self.table}/"
        return Shelf(self.recovery("s3"), self.bucket, root, self.kms_key_id)

    def _importer(self, key: str) -> Importer:
        return Importer(self.recovery("dynamodb"), self._shelf(), self.bucket, key)


def _token(address: str, name: str) -> str:
    """The same for the same backup: AWS takes a second request with it for the same one, for eight hours."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{address}/{name}"))
