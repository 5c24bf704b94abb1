"""A vault in an S3 bucket, of AWS or any store that speaks its API."""

import base64
import contextlib
import hashlib
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ConfigDict, Field, PrivateAttr, SecretStr

from blocks.amazon_clients import make_client
from blocks.vaults import s3_lock
from blocks.vaults.kind import ABSENT, ANY, Entry, Posture, Stored, Vault
from blocks.vaults.locking import Locking
from blocks.vaults.s3_errors import translate
from recovery.errors import Unreachable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Making a client is not safe from several threads; using one is.
_MAKING = threading.Lock()


class S3Vault(Locking, Vault):
    """A store of objects in an S3 bucket in another region or account than the primary's.

    Every object is sent with its SHA-256, which the store checks. Versions are ETags. To lock backups, the bucket must
    be made with Object Lock; then versions are kept, and `remove` removes every version of an object.
    """

    # An error about a missing field would print all the others, secrets too.
    model_config = ConfigDict(hide_input_in_errors=True)

    _block_type_name = "S3 vault"
    _block_type_slug = "s3-vault"
    _description = "Keeps backups in an S3 bucket, of AWS or of any store that speaks its API."

    bucket: str = Field(title="Bucket", description="The bucket. It must exist.")
    prefix: str = Field(default="", title="Prefix", description="What every key in the bucket begins with.")
    region: str = Field(title="Region", description="The bucket's region. Not the primary site's.")
    endpoint_url: str | None = Field(
        default=None, title="Endpoint", description="The store's address, where it is not AWS."
    )
    access_key_id: str | None = Field(
        default=None, title="Access key ID", description="Leave empty to use the machine's own role or profile."
    )
    secret_access_key: SecretStr | None = Field(
        default=None, title="Secret access key", description="Belongs to the access key ID."
    )
    connect_timeout_seconds: float = Field(
        default=2.5, gt=0, title="Connect time-out", description="For one try to connect, in seconds."
    )
    read_timeout_seconds: float = Field(
        default=20, gt=0, title="Read time-out", description="For one answer, in seconds."
    )
    tries: int = Field(default=3, ge=1, le=10, title="Tries", description="How often a call is tried in all.")

    _client: Any = PrivateAttr(default=None)

    def put(self, key: str, data: bytes, expect: str = ANY) -> str:
        checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
        options: dict[str, Any] = {}
        if expect != ANY:
            options = {"IfNoneMatch": "*"} if expect == ABSENT else {"IfMatch": expect}
        if until := self.lock_for(key):
            options |= {"ObjectLockMode": str(self.lock_mode).upper(), "ObjectLockRetainUntilDate": until}
        with self._reached(key, conditional=expect != ANY) as client:
            answer = client.put_object(
                Bucket=self.bucket, Key=self.prefix + key, Body=data, ChecksumSHA256=checksum, **options
            )
        return answer["ETag"]

    def get(self, key: str) -> Stored:
        with self._reached(key) as client:
            answer = client.get_object(Bucket=self.bucket, Key=self.prefix + key)
            data = answer["Body"].read()
        return Stored(data=data, version=answer["ETag"])

    def entries(self, prefix: str) -> list[Entry]:
        found: list[Entry] = []
        with self._reached(prefix) as client:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix + prefix)
            for page in pages:
                for item in page.get("Contents", []):
                    key = item["Key"].removeprefix(self.prefix)
                    found.append(Entry(key=key, size=item["Size"], written_at=item["LastModified"]))
        return sorted(found, key=lambda entry: entry.key)

    def remove(self, key: str) -> None:
        with self._reached(key) as client:
            if self.lock_mode:
                s3_lock.remove_versions(client, self.bucket, self.prefix + key)
            else:
                client.delete_object(Bucket=self.bucket, Key=self.prefix + key)

    def posture(self) -> Posture:
        with self._reached("") as client:
            return self.posture_of(f"s3://{self.bucket}", *s3_lock.settings(client, self.bucket))

    def locked_until(self, key: str) -> datetime | None:
        with self._reached(key) as client:
            return s3_lock.retained_until(client, self.bucket, self.prefix + key)

    def keep_locked(self, key: str) -> bool:
        if until := self.lock_for(key):
            with self._reached(key) as client:
                s3_lock.extend(client, self.bucket, self.prefix + key, str(self.lock_mode).upper(), until)
        return True

    def abort_uploads(self, before: datetime) -> list[str]:
        with self._reached("") as client:
            return s3_lock.abort_uploads(client, self.bucket, self.prefix, before)

    @contextlib.contextmanager
    def _reached(self, key: str, conditional: bool = False) -> Iterator["S3Client"]:
        where = f"s3://{self.bucket}/{self.prefix}{key}"
        try:
            yield self._connect()
        except ClientError as error:
            raise translate(error, where, conditional) from error
        except BotoCoreError as error:
            store = self.endpoint_url or f"S3 in {self.region}"
            raise Unreachable(f"The vault {store} could not be reached for {where}: {type(error).__name__}.") from error

    def _connect(self) -> "S3Client":
        with _MAKING:
            if self._client is None:
                secret = self.secret_access_key.get_secret_value() if self.secret_access_key else None
                self._client = make_client(
                    "s3",
                    self.region,
                    endpoint_url=self.endpoint_url,
                    aws_access_key_id=self.access_key_id,
                    aws_secret_access_key=secret,
                    config=self._config(),
                )
        client: S3Client = self._client
        return client

    def _config(self) -> Config:
        return Config(
            connect_timeout=self.connect_timeout_seconds,
            read_timeout=self.read_timeout_seconds,
            retries={"total_max_attempts": self.tries, "mode": "standard"},
            # Stores other than AWS rarely have a name for every bucket.
            # The signature covers the SHA-256 in its header, which the store checks: a second hash adds nothing.
            s3={"addressing_style": "path" if self.endpoint_url else "auto", "payload_signing_enabled": False},
            max_pool_connections=16,
        )
