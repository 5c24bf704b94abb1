"""etcd, by its own snapshots."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
from pydantic import ConfigDict, Field, SecretStr, model_validator

from blocks.sources.etcd_client import EtcdClient, tls
from blocks.sources.etcd_content import etcd_content
from blocks.sources.etcd_member import EtcdPrograms, at_rest
from blocks.sources.etcd_reading import EtcdReading
from blocks.sources.files import FilesSource
from blocks.sources.kind import Reading, Source
from recovery.content import Content
from recovery.errors import Missing, RecoveryError, Unreachable
from recovery.model import now


class EtcdSource(Source):
    """An etcd cluster (version 3.4 or newer), such as the one under a Kubernetes control plane.

    A backup is what `etcdctl snapshot save` writes; it comes through the member's JSON gateway, which is on by default.
    Every key is fingerprinted at the snapshot's own revision. A restore makes the data folder of the only member of a
    new cluster, as `<data folder>.staged`; to prove it, a copy of it is started on Unix sockets that nobody else can
    reach. `activate` renames it: start the member on it, then add the others to it one by one (`etcdctl member add`).
    Not in a backup: how much time was left of leases, which start again at their full time. See docs/etcd.md.
    """

    # An error about a missing field would print all the others, secrets too.
    model_config = ConfigDict(hide_input_in_errors=True)

    _block_type_name = "etcd source"
    _block_type_slug = "etcd"
    _description = "An etcd cluster: its snapshot, every key of it fingerprinted, restored into a fresh member."

    endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^/@]+$",
        title="Endpoint",
        description="A member's client address, such as https://10.0.0.5:2379. Empty: a place to restore to only.",
    )
    data_folder: str | None = Field(
        default=None, min_length=2, title="Data folder", description="Where a restored member is to find its data."
    )
    member_name: str = Field(
        default="restored", pattern=r"^[\w.-]+$", title="Member name", description="The restored member's name."
    )
    peer_url: str = Field(
        default="http://127.0.0.1:2380",
        pattern=r"^https?://[^/@=,]+$",
        title="Peer address",
        description="Where the restored member will listen to its peers.",
    )
    user: str | None = Field(default=None, title="User", description="With the role root, if authentication is on.")
    password: SecretStr | None = Field(default=None, title="Password", description="The user's password.")
    ca_file: str | None = Field(default=None, title="CA file", description="Who signed the member's certificate.")
    certificate_file: str | None = Field(default=None, title="Certificate", description="Ours, where etcd wants one.")
    key_file: str | None = Field(default=None, title="Certificate's key", description="Belongs to our certificate.")
    programs: str | None = Field(
        default=None, title="Programs", description="The folder of etcd and etcdutl or etcdctl; empty: the PATH."
    )
    timeout_seconds: float = Field(default=30, gt=0, title="Time-out", description="For one answer, in seconds.")
    restore_timeout_seconds: float = Field(
        default=1800, gt=0, title="Restore time-out", description="For one whole restore, in seconds."
    )

    @model_validator(mode="after")
    def _somewhere(self) -> "EtcdSource":
        if not (self.endpoint or self.data_folder):
            raise ValueError("an endpoint to read from or a data folder to restore to is needed")
        return self

    @property
    def address(self) -> str:
        return f"etcd://{self.endpoint.partition('//')[2].lower()}" if self.endpoint else self._place.address

    def read(self) -> Reading:
        return EtcdReading(self._client(), EtcdPrograms(self.programs), self.restore_timeout_seconds)

    def restore(self, archive: Path) -> None:
        staging, staged = self._beside(".staging"), self._beside(".staged")
        shutil.rmtree(staging, ignore_errors=True)
        staging.parent.mkdir(parents=True, exist_ok=True)
        seconds = self.restore_timeout_seconds
        EtcdPrograms(self.programs).restore(archive, staging, self.member_name, self.peer_url, seconds)
        shutil.rmtree(staged, ignore_errors=True)
        # Only a whole restore gets the name that `activate` looks for.
        staging.rename(staged)

    def content(self, staged: bool) -> Content:
        if staged or not self.endpoint:
            with self._copy_started(self._beside(".staged" if staged else ""), staged) as client:
                self._log_in(client)
                return etcd_content(client, *client.revision(), taken_at=now())
        with contextlib.closing(self._client()) as client:
            return etcd_content(client, *client.revision(), taken_at=now())

    def activate(self) -> None:
        live = self._beside("")
        with at_rest(live):
            self._place.activate()

    def discard(self) -> None:
        self._place.discard()

    def erase(self) -> None:
        self._place.erase()

    @property
    def _place(self) -> FilesSource:
        """The data folder: it is swapped as any folder is."""
        if not self.data_folder:
            raise RecoveryError("This etcd source names no data folder, so nothing can be restored to it.")
        return FilesSource(folder=self.data_folder)

    def _beside(self, ending: str) -> Path:
        live = Path(self._place.address.removeprefix("file://"))
        return live.with_name(live.name + ending)

    @contextlib.contextmanager
    def _copy_started(self, data: Path, staged: bool) -> Iterator[EtcdClient]:
        """A member writes to its folder as soon as it runs, so it runs on a copy."""
        if not data.is_dir():
            error = Missing if staged else Unreachable
            raise error(f"{data} does not exist" + (": nothing was restored." if staged else "."))
        with tempfile.TemporaryDirectory(prefix=".etcd-copy-", dir=data.parent) as scratch:
            with at_rest(data):
                shutil.copytree(data, Path(scratch, "data"))
            with EtcdPrograms(self.programs).member(Path(scratch, "data"), self.restore_timeout_seconds) as client:
                yield client

    def _client(self) -> EtcdClient:
        if not self.endpoint:
            raise RecoveryError("This etcd source names no endpoint, so it cannot be read.")
        trust = tls(self.endpoint, self.ca_file, self.certificate_file, self.key_file)
        http = httpx.Client(base_url=self.endpoint, verify=trust, timeout=self.timeout_seconds, trust_env=False)
        client = EtcdClient(self.endpoint, http)
        try:
            self._log_in(client)
            client.call("maintenance/status")
        except BaseException:
            client.close()
            raise
        return client

    def _log_in(self, client: EtcdClient) -> None:
        if self.user and self.password:
            client.log_in(self.user, self.password.get_secret_value())
