"""A vault in a bucket of Google Cloud Storage."""

import contextlib
import json
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field, PrivateAttr, SecretStr

from blocks.vaults.google_errors import google_errors
from blocks.vaults.kind import ABSENT, ANY, Entry, Posture, Stored, Vault
from blocks.vaults.locking import Locking, refuse_removal
from recovery.errors import Missing
from recovery.model import now

_MODES = {"compliance": "Locked", "governance": "Unlocked"}
# Making a client is not safe from several threads; using one is.
_MAKING = threading.Lock()


class GoogleStorageVault(Locking, Vault):
    """A store of objects in a bucket of Google Cloud Storage, in another region than the primary's.

    Every object is sent with its CRC32C, which the store checks. Versions are generations. To lock backups, the bucket
    must be made with object retention. Older generations are left to the bucket's lifecycle rules.
    """

    # An error about a missing field would print all the others, secrets too.
    model_config = ConfigDict(hide_input_in_errors=True)

    _block_type_name = "Google Cloud Storage vault"
    _block_type_slug = "google-storage-vault"
    _description = "Keeps backups in a bucket of Google Cloud Storage."

    bucket: str = Field(title="Bucket", description="The bucket. It must exist.")
    prefix: str = Field(default="", title="Prefix", description="What every name in the bucket begins with.")
    service_account: SecretStr | None = Field(
        default=None, title="Service account", description="Its key file (JSON). Empty: the machine's own account."
    )
    endpoint_url: str | None = Field(
        default=None, title="Endpoint", description="The API's address, where it is not Google's own."
    )
    connect_timeout_seconds: float = Field(
        default=2.5, gt=0, title="Connect time-out", description="For one try to connect, in seconds."
    )
    read_timeout_seconds: float = Field(
        default=20, gt=0, title="Read time-out", description="For one answer, in seconds."
    )
    retry_seconds: float = Field(
        default=5, gt=0, title="Retry for", description="How long a call that failed is tried again, in seconds."
    )

    _bucket: Any = PrivateAttr(default=None)

    def put(self, key: str, data: bytes, expect: str = ANY) -> str:
        condition = {} if expect == ANY else {"if_generation_match": 0 if expect == ABSENT else int(expect)}
        with self._reached(key, conditional=expect != ANY) as bucket:
            blob = bucket.blob(self.prefix + key)
            if until := self.lock_for(key):
                blob.retention.mode = _MODES[str(self.lock_mode)]
                blob.retention.retain_until_time = until
            options = {"content_type": "application/octet-stream", "checksum": "crc32c"}
            blob.upload_from_string(data, **options, **condition, **self._patience())
            return str(blob.generation)

    def get(self, key: str) -> Stored:
        with self._reached(key) as bucket:
            blob = self._found(bucket, key)
            version = str(blob.generation)
            data = blob.download_as_bytes(if_generation_match=blob.generation, **self._patience())
            return Stored(data=data, version=version)

    def entries(self, prefix: str) -> list[Entry]:
        with self._reached(prefix) as bucket:
            found = [
                Entry(key=each.name.removeprefix(self.prefix), size=each.size, written_at=each.updated)
                for each in bucket.list_blobs(prefix=self.prefix + prefix, **self._patience())
            ]
        return sorted(found, key=lambda entry: entry.key)

    def remove(self, key: str) -> None:
        # Deleting would not break the lock, but hide the object behind an older generation.
        until = self.locked_until(key) if self.lock_mode else None
        if until and until > now():
            raise refuse_removal(self._where(key), until)
        with contextlib.suppress(Missing), self._reached(key) as bucket:
            bucket.blob(self.prefix + key).delete(**self._patience())

    def posture(self) -> Posture:
        with self._reached("") as bucket:
            bucket.reload(**self._patience())
            lockable = bucket.object_retention_mode == "Enabled"
            return self.posture_of(f"gs://{self.bucket}", bool(bucket.versioning_enabled), lockable)

    def locked_until(self, key: str) -> datetime | None:
        with contextlib.suppress(Missing), self._reached(key) as bucket:
            blob = self._found(bucket, key)
            held = [each for each in (blob.retention.retain_until_time, blob.retention_expiration_time) if each]
            return max(held, default=None)
        return None

    def _found(self, bucket: Any, key: str) -> Any:
        blob = bucket.get_blob(self.prefix + key, **self._patience())
        if blob is None:
            raise Missing(f"{self._where(key)} is not in the vault.")
        return blob

    def _where(self, key: str) -> str:
        return f"gs://{self.bucket}/{self.prefix}{key}"

    def _patience(self) -> dict[str, Any]:
        from google.cloud.storage.retry import DEFAULT_RETRY

        retry = DEFAULT_RETRY.with_delay(0.2, 2, 2).with_timeout(self.retry_seconds)
        return {"timeout": (self.connect_timeout_seconds, self.read_timeout_seconds), "retry": retry}

    @contextlib.contextmanager
    def _reached(self, key: str, conditional: bool = False) -> Iterator[Any]:
        with google_errors(self._where(key), conditional):
            yield self._connect()

    def _connect(self) -> Any:
        with _MAKING:
            if self._bucket is None:
                self._bucket = self._client().bucket(self.bucket)
        return self._bucket

    def _client(self) -> Any:
        from google.auth.credentials import AnonymousCredentials
        from google.cloud.storage import Client

        options: dict[str, Any] = {"client_options": {"api_endpoint": self.endpoint_url}} if self.endpoint_url else {}
        if self.service_account:
            return Client.from_service_account_info(json.loads(self.service_account.get_secret_value()), **options)
        if self.endpoint_url:
            # The library would ask Google who this machine is.
            options |= {"credentials": AnonymousCredentials(), "project": "none"}
        return Client(**options)
