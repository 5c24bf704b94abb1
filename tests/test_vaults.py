"""The vaults against the contract, and what is special to each."""

import contextlib
import fcntl
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from server_fixtures import S3Store, s3_store  # noqa: F401 - a fixture
from vault_contract import VaultContract

from blocks.vaults.folder import FolderVault
from blocks.vaults.s3 import S3Vault
from recovery.errors import RecoveryError, Unreachable


def s3_vault(store: S3Store, prefix: str, **changes: object) -> S3Vault:
    fields = {
        "bucket": store.bucket,
        "prefix": prefix,
        "region": store.region,
        "endpoint_url": store.url,
        "access_key_id": store.access_key,
        "secret_access_key": SecretStr(store.secret_key),
    }
    return S3Vault(**(fields | changes))


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    return f"{request.node.name}-{time.time_ns()}/"


class TestFolderVault(VaultContract):
    @pytest.fixture
    def vault(self, tmp_path: Path) -> FolderVault:
        return FolderVault(folder=str(tmp_path))

    @pytest.fixture
    def unreachable(self, tmp_path: Path) -> FolderVault:
        return FolderVault(folder=str(tmp_path / "not mounted"))

    @pytest.mark.parametrize("key", ["", "/etc/passwd", "a/../../b", "a//b", ".lock", "a/.hidden", "a/", "a\0b"])
    def test_no_key_leads_out(self, vault: FolderVault, key: str) -> None:
        with pytest.raises(RecoveryError, match="is no key"):
            vault.put(key, b"x")

    def test_nothing_is_left_beside(self, vault: FolderVault, tmp_path: Path) -> None:
        vault.put("a/b/c", b"x")
        vault.remove("a/b/c")
        assert [path.name for path in tmp_path.rglob("*")] in ([".partial", ".lock"], [".lock", ".partial"])

    def test_a_lock_that_is_held_is_not_waited_for_for_ever(self, tmp_path: Path) -> None:
        vault = FolderVault(folder=str(tmp_path), lock_timeout_seconds=0.2)
        with (tmp_path / ".lock").open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            with pytest.raises(Unreachable, match="locked by another writer"):
                vault.put("a", b"x")
        assert vault.entries("") == []
        vault.put("a", b"x")


@pytest.mark.slow
class TestS3Vault(VaultContract):
    @pytest.fixture
    def vault(self, s3_store: S3Store, prefix: str) -> S3Vault:  # noqa: F811
        return s3_vault(s3_store, prefix)

    @pytest.fixture
    def unreachable(self, s3_store: S3Store) -> Iterator[S3Vault]:  # noqa: F811
        """A port that takes connections and never answers."""
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            yield s3_vault(s3_store, "", endpoint_url=url, read_timeout_seconds=0.3)

    def test_wrong_secret_is_refused_at_once_and_not_shown(self, s3_store: S3Store, prefix: str) -> None:  # noqa: F811
        vault = s3_vault(s3_store, prefix, secret_access_key=SecretStr("wrong-secret-wrong"))
        with pytest.raises(RecoveryError, match="refused") as raised:
            vault.put("x", b"1")
        assert not isinstance(raised.value, Unreachable)
        assert "wrong-secret" not in str(raised.value)
        assert "wrong-secret" not in repr(vault)

    def test_no_bucket_is_said(self, s3_store: S3Store) -> None:  # noqa: F811
        vault = s3_vault(s3_store, "", bucket="no-such-bucket")
        with pytest.raises(RecoveryError, match="NoSuchBucket"):
            vault.get("x")


@pytest.mark.slow
def test_an_s3_that_swallows_packets_fails_within_ten_seconds() -> None:
    """A listener whose queue is full drops every further packet, as a firewall does."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        secret = SecretStr("secret")
        vault = S3Vault(bucket="b", region="r", endpoint_url=url, access_key_id="x", secret_access_key=secret)
        begun = time.monotonic()
        with pytest.raises(Unreachable, match="could not be reached"):
            vault.get("x")
        assert 2 < time.monotonic() - begun < 12
