"""A vault in a container of Azure Blob Storage."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field, PrivateAttr, SecretStr

from blocks.vaults.kind import ABSENT, ANY, Entry, Posture, Stored, Vault
from blocks.vaults.locking import Locking, refuse_removal
from recovery.errors import Conflict, Missing, RecoveryError, Unreachable
from recovery.model import now

_WHOLE = 128 * 1024 * 1024  # bytes that go in one request: no object of ours is larger
_MODES = {"compliance": "Locked", "governance": "Unlocked"}
# Making a client is not safe from several threads; using one is.
_MAKING = threading.Lock()


class AzureBlobVault(Locking, Vault):
    """A store of objects in a container of Azure Blob Storage, in another region than the primary's.

    Every object is sent with its MD5, which the store checks. Versions are ETags. To lock backups, the container must
    be made with version-level immutability. Older versions are left to the account's lifecycle rules.
    """

    # An error about a missing field would print all the others, secrets too.
    model_config = ConfigDict(hide_input_in_errors=True)

    _block_type_name = "Azure Blob vault"
    _block_type_slug = "azure-blob-vault"
    _description = "Keeps backups in a container of Azure Blob Storage."

    account_url: str = Field(title="Account address", description="Such as https://account.blob.core.windows.net")
    container: str = Field(title="Container", description="The container. It must exist.")
    prefix: str = Field(default="", title="Prefix", description="What every name in the container begins with.")
    credential: SecretStr = Field(title="Credential", description="An account key, or a shared access signature.")
    connect_timeout_seconds: float = Field(
        default=2.5, gt=0, title="Connect time-out", description="For one try to connect, in seconds."
    )
    read_timeout_seconds: float = Field(
        default=20, gt=0, title="Read time-out", description="For one answer, in seconds."
    )
    tries: int = Field(default=3, ge=1, le=10, title="Tries", description="How often a call is tried in all.")

    _container: Any = PrivateAttr(default=None)

    def put(self, key: str, data: bytes, expect: str = ANY) -> str:
        from azure.core import MatchConditions
        from azure.storage.blob import ImmutabilityPolicy

        options: dict[str, Any] = {"overwrite": expect != ABSENT}
        if expect not in (ANY, ABSENT):
            options |= {"etag": expect, "match_condition": MatchConditions.IfNotModified}
        if until := self.lock_for(key):
            mode = _MODES[str(self.lock_mode)]
            options["immutability_policy"] = ImmutabilityPolicy(expiry_time=until, policy_mode=mode)
        with self._reached(key, conditional=expect != ANY) as container:
            blob = container.get_blob_client(self.prefix + key)
            return str(blob.upload_blob(data, validate_content=True, **options)["etag"])

    def get(self, key: str) -> Stored:
        with self._reached(key) as container:
            download = container.get_blob_client(self.prefix + key).download_blob()
            return Stored(data=download.readall(), version=download.properties.etag)

    def entries(self, prefix: str) -> list[Entry]:
        with self._reached(prefix) as container:
            listed = container.list_blobs(name_starts_with=self.prefix + prefix)
            found = [
                Entry(key=each.name.removeprefix(self.prefix), size=each.size, written_at=each.last_modified)
                for each in listed
            ]
        return sorted(found, key=lambda entry: entry.key)

    def remove(self, key: str) -> None:
        # Deleting would not break the lock, but hide the object behind a version.
        until = self.locked_until(key) if self.lock_mode else None
        if until and until > now():
            raise refuse_removal(self._where(key), until)
        with contextlib.suppress(Missing), self._reached(key) as container:
            container.get_blob_client(self.prefix + key).delete_blob(delete_snapshots="include")

    def posture(self) -> Posture:
        with self._reached("") as container:
            # Such a container can only be in an account that keeps versions.
            lockable = bool(container.get_container_properties().immutable_storage_with_versioning_enabled)
        return self.posture_of(self._where(""), versioning=lockable, lockable=lockable)

    def locked_until(self, key: str) -> datetime | None:
        with contextlib.suppress(Missing), self._reached(key) as container:
            found = container.get_blob_client(self.prefix + key).get_blob_properties().immutability_policy
            until: datetime | None = found.expiry_time
            return until
        return None

    def _where(self, key: str) -> str:
        return f"{self.account_url.rstrip('/')}/{self.container}/{self.prefix}{key}"

    @contextlib.contextmanager
    def _reached(self, key: str, conditional: bool = False) -> Iterator[Any]:
        from azure.core.exceptions import AzureError, HttpResponseError

        try:
            yield self._connect()
        except HttpResponseError as error:
            raise _translate(error, self._where(key), conditional) from error
        except AzureError as error:
            what = f"The vault {self._where(key)} could not be reached: {type(error).__name__}."
            raise Unreachable(what) from error

    def _connect(self) -> Any:
        from azure.storage.blob import ContainerClient, LinearRetry

        with _MAKING:
            if self._container is None:
                tries = {"retry_total": self.tries - 1, "retry_connect": self.tries - 1, "retry_read": self.tries - 1}
                self._container = ContainerClient(
                    self.account_url,
                    self.container,
                    credential=self.credential.get_secret_value(),
                    retry_policy=LinearRetry(backoff=0.3, random_jitter_range=0, **tries),
                    connection_timeout=self.connect_timeout_seconds,
                    read_timeout=self.read_timeout_seconds,
                    max_single_put_size=_WHOLE,
                    max_single_get_size=_WHOLE,
                )
        return self._container


def _translate(error: Any, where: str, conditional: bool) -> RecoveryError:
    named = getattr(error, "error_code", None) or error.status_code or "no reason given"
    code = str(getattr(named, "value", named))
    if "Immutable" in code:
        return refuse_removal(where, None)
    if error.status_code == 412 or (conditional and error.status_code in (404, 409)):
        return Conflict(f"{where} is not what was expected: somebody else wrote it.")
    if error.status_code == 404 and code != "ContainerNotFound":
        return Missing(f"{where} is not in the vault.")
    if error.status_code in (400, 401, 403, 404):
        return RecoveryError(f"The vault refused {where}: {code}.", remedy="Check the container and the credential.")
    return Unreachable(f"The vault failed at {where}: {code}.")
