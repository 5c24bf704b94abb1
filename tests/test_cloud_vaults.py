"""Azure Blob Storage and Google Cloud Storage against the contract of all vaults."""

import socket
from collections.abc import Iterator

import pytest
from cloud_fixtures import AZURITE_KEY, azurite, google_storage  # noqa: F401 - fixtures
from pydantic import SecretStr
from test_vaults import prefix  # noqa: F401 - a fixture
from vault_contract import VaultContract

from blocks.vaults.azure_blob import AzureBlobVault
from blocks.vaults.google_storage import GoogleStorageVault
from recovery.errors import RecoveryError, Unreachable


@pytest.fixture
def silent() -> Iterator[str]:
    """A port that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def azure(url: str, prefix: str, **changes: object) -> AzureBlobVault:  # noqa: F811
    fields = {"account_url": url, "container": "lifeboat", "prefix": prefix, "credential": SecretStr(AZURITE_KEY)}
    return AzureBlobVault(**(fields | changes))


@pytest.mark.slow
class TestAzureBlobVault(VaultContract):
    @pytest.fixture
    def vault(self, azurite: str, prefix: str) -> AzureBlobVault:  # noqa: F811
        return azure(azurite, prefix)

    @pytest.fixture
    def unreachable(self, silent: str) -> AzureBlobVault:
        return azure(f"{silent}/devstoreaccount1", "", read_timeout_seconds=0.3)

    def test_a_wrong_key_is_refused_and_not_shown(self, azurite: str) -> None:  # noqa: F811
        vault = azure(azurite, "", credential=SecretStr("d3Jvbmc="))
        with pytest.raises(RecoveryError, match="refused") as raised:
            vault.put("x", b"1")
        assert not isinstance(raised.value, Unreachable)
        assert "d3Jvbmc" not in str(raised.value) + repr(vault)

    def test_no_container_is_said(self, azurite: str) -> None:  # noqa: F811
        with pytest.raises(RecoveryError, match="ContainerNotFound"):
            azure(azurite, "", container="nothing").get("x")


@pytest.mark.slow
class TestGoogleStorageVault(VaultContract):
    @pytest.fixture
    def vault(self, google_storage: str, prefix: str) -> GoogleStorageVault:  # noqa: F811
        return GoogleStorageVault(bucket="lifeboat", prefix=prefix, endpoint_url=google_storage, retry_seconds=30)

    @pytest.fixture
    def unreachable(self, silent: str) -> GoogleStorageVault:
        return GoogleStorageVault(bucket="b", endpoint_url=silent, read_timeout_seconds=0.3, retry_seconds=1)

    # The emulator ignores ifGenerationMatch: that these conditions are asked for is shown in test_cloud_vault_calls.
    test_absent_only_creates = None
    test_a_version_only_replaces_itself = None
    test_a_version_of_nothing_is_a_conflict = None
    test_one_of_many_creators_wins = None

    def test_no_bucket_is_said(self, google_storage: str) -> None:  # noqa: F811
        with pytest.raises(RecoveryError, match="nothing-there"):
            GoogleStorageVault(bucket="nothing-there", endpoint_url=google_storage).entries("")
