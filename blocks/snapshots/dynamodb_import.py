"""A new table made of an export, beside every other: nothing is ever imported into one that is there."""

import uuid
from typing import Any

from botocore.exceptions import ClientError

from blocks.amazon import error_code
from blocks.snapshots.dynamodb_record import Begun, ExportRecord
from blocks.snapshots.dynamodb_shelf import Shelf
from recovery.errors import NotProved, Refused


class Importer:
    """Args:
    dynamodb: a client in the recovery region.
    shelf: where it is written down what was begun, so that what is ours is known.
    bucket: of the shelf.
    key: the ARN of the KMS key that tables are encrypted with.
    """

    def __init__(self, dynamodb: Any, shelf: Shelf, bucket: str, key: str) -> None:
        self._dynamodb, self._shelf, self._bucket, self._key = dynamodb, shelf, bucket, key

    def step(self, record: ExportRecord, table: str) -> str | None:
        """Does what is to be done next; returns the table once it is whole.

        Raises:
            NotProved: AWS could not import it, or not all of it.
            Refused: a table of that name is there, and is not ours.
        """
        where = f"restored/{table}.json"
        begun = self._shelf.read(Begun, where)
        if begun is None:
            if self.status(table):
                raise Refused(f"The table {table} is there already and was not made by us.", remedy="Remove it.")
            begun = Begun(token=str(uuid.uuid4()))
            self._shelf.write(where, begun)
        if begun.arn is None:
            # One that was asked for by a killed run is the same one: AWS knows it by its token, for eight hours.
            self._shelf.write(where, begun.model_copy(update={"arn": self._import(record, table, begun.token)}))
            return None
        return table if self._imported(begun.arn, record) and self.status(table) == "ACTIVE" else None

    def restored(self, table: str) -> bool:
        """Whether a table stands whole that was made by us."""
        begun = self._shelf.read(Begun, f"restored/{table}.json")
        return begun is not None and begun.arn is not None and self.status(table) == "ACTIVE"

    def discard(self) -> bool:
        """Does what is to be done next; whether nothing is left of what was made."""
        left = self._shelf.names("restored")
        for table in left:
            status = self.status(table)
            if status == "ACTIVE":
                self._dynamodb.delete_table(TableName=table)
            elif status is None:
                self._shelf.hide(f"restored/{table}.json")
        return not left

    def status(self, table: str) -> str | None:
        try:
            return str(self._dynamodb.describe_table(TableName=table)["Table"]["TableStatus"])
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                return None
            raise

    def _import(self, record: ExportRecord, table: str, token: str) -> str:
        # All files of one export lie in one folder of their own.
        folder = record.files[0].key.rpartition("/")[0] + "/" if record.files else ""
        told = self._dynamodb.import_table(
            ClientToken=token,
            S3BucketSource={"S3Bucket": self._bucket, "S3KeyPrefix": folder},
            InputFormat="DYNAMODB_JSON",
            InputCompressionType="GZIP",
            TableCreationParameters={
                "TableName": table,
                "BillingMode": "PAY_PER_REQUEST",
                "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": self._key},
                **record.table,
            },
        )
        return str(told["ImportTableDescription"]["ImportArn"])

    def _imported(self, arn: str, record: ExportRecord) -> bool:
        told = self._dynamodb.describe_import(ImportArn=arn)["ImportTableDescription"]
        if told["ImportStatus"] in ("FAILED", "CANCELLED") or told.get("ErrorCount"):
            why = told.get("FailureCode") or f"{told.get('ErrorCount')} items were refused"
            what = f"AWS could not import {record.name} ({why})."
            raise NotProved(what, changed="What it made stands.", remedy="Look at it, then discard it.")
        return bool(told["ImportStatus"] == "COMPLETED")
