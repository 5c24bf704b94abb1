"""What moto leaves out of an export of a table, put in as AWS's documentation has it: manifests, checksums, encryption.

So a test on it shows that we read what is documented, not what AWS really writes.
"""

import base64
import gzip
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from moto.dynamodb.models.table_export import TableExport
from moto.dynamodb.models.utilities import dynamo_json_dump

FILES = 2


def as_documented(monkeypatch: pytest.MonkeyPatch, keys: dict[str, str]) -> None:
    """Args:
    keys: bucket to the KMS key that its exports are encrypted with; none of them stands for an export in the clear.
    """
    plain = TableExport.response

    def response(self: Any) -> Any:
        return plain(self) | {"ExportManifest": f"{self.s3_prefix}/AWSDynamoDB/{_id(self)}/manifest-summary.json"}

    def write(self: Any, s3: Any) -> None:
        key = keys.get(self.s3_bucket)
        sealed = {"encryption": "aws:kms", "kms_key_id": key} if key else {}
        root = f"AWSDynamoDB/{_id(self)}"

        def put(name: str, data: bytes) -> Any:
            return s3.put_object(bucket_name=self.s3_bucket, key_name=f"{self.s3_prefix}/{name}", value=data, **sealed)

        items = [dynamo_json_dump(each.to_json(root_attr_name="Item")) for each in self.table.all_items()]
        lines = []
        for number in range(FILES):
            part = items[number::FILES]
            data = gzip.compress("".join(f"{each}\n" for each in part).encode())
            name = f"{root}/data/{number}.json.gz"
            md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
            told = {"itemCount": len(part), "md5Checksum": md5, "etag": put(name, data).etag.strip('"')}
            lines.append(json.dumps(told | {"dataFileS3Key": name}))
        put(f"{root}/manifest-files.json", "\n".join(lines).encode())
        summary = {"exportArn": self.arn, "tableArn": self.table.table_arn, "itemCount": len(items)}
        summary |= {"exportTime": datetime.now(UTC).isoformat().replace("+00:00", "Z")}
        summary |= {"manifestFilesS3Key": f"{root}/manifest-files.json"}
        put(f"{root}/manifest-summary.json", json.dumps(summary).encode())
        self.status = "COMPLETED"

    monkeypatch.setattr(TableExport, "response", response)
    monkeypatch.setattr(TableExport, "_backup_to_s3_file", write)


def _id(export: Any) -> str:
    return str(export.arn).rpartition("/")[2]
