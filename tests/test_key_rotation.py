"""Keys: for whom a backup's key is wrapped, KMS among them, and rotation without touching the data."""

import base64
import json
from pathlib import Path
from typing import Any

import pyrage
import pytest
from aws_fixtures import client, moto_url  # noqa: F401 - a fixture
from pydantic import SecretStr, ValidationError
from test_backups import CHUNK, KEYS, World

from blocks.backups import BackupStore
from blocks.keys import BackupKeys
from blocks.kms import KmsKey
from blocks.vaults.folder import FolderVault
from blocks.vaults.kind import ANY
from recovery.errors import Conflict, NotProved, RecoveryError, Unreachable
from recovery.manifest import Manifest

NEW = BackupKeys.generate()
SIGNING = {"signing_key": KEYS.signing_key, "trusted": KEYS.trusted}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def kms_key(url: str, **changes: Any) -> KmsKey:
    arn = client("kms", url).create_key()["KeyMetadata"]["Arn"]
    fields = {"key_id": arn, "region": "us-east-1", "endpoint_url": url, "access_key_id": "test", "tries": 1}
    return KmsKey(**(fields | {"secret_access_key": SecretStr("not-to-be-shown")} | changes))


def with_keys(world: World, **changes: Any) -> BackupStore:
    fields = {"recipients": KEYS.recipients, "identity": KEYS.identity, **SIGNING, **changes}
    return BackupStore(world.vault, BackupKeys(**fields), CHUNK)


def data_of(world: World, manifest: Manifest) -> dict[str, bytes]:
    keys = [key for key in world.objects() if "/key." not in key]
    assert len(keys) > 5
    return {key: world.vault.get(key).data for key in keys}


def take(world: World, store: BackupStore) -> Manifest:
    return store.take("shop", world.sources, [].append)


def test_rotation_changes_who_can_open_it_and_nothing_else(world: World) -> None:
    manifest = world.take()
    before = data_of(world, manifest)
    new_alone = with_keys(world, recipients=NEW.recipients, identity=NEW.identity)
    with pytest.raises(NotProved, match="does not open"):
        world.restore(new_alone, manifest.backup)
    with_keys(world, recipients=NEW.recipients, identity=NEW.identity, older_identities=[KEYS.identity]).care.rewrap(
        manifest
    )
    assert data_of(world, manifest) == before
    assert world.restore(new_alone, manifest.backup).equal
    with pytest.raises(NotProved, match="does not open"):
        world.restore(world.store, manifest.backup)
    with pytest.raises(NotProved, match="does not open"):  # and who cannot open it cannot wrap it
        world.store.care.rewrap(manifest)
    assert world.restore(new_alone, manifest.backup).equal


def test_public_tools_open_what_was_wrapped_anew(world: World) -> None:
    manifest = world.take()
    with_keys(world, recipients=[*KEYS.recipients, *NEW.recipients]).care.rewrap(manifest)
    for keys in (KEYS, NEW):
        ours = pyrage.x25519.Identity.from_str(keys.secret_identity())
        secret = pyrage.decrypt(world.vault.get(manifest.key).data, [ours]).decode().strip()
        assert str(pyrage.x25519.Identity.from_str(secret).to_public()) == manifest.recipient


class RacingVault(FolderVault):
    """A vault where somebody else writes between a look and a write."""

    _block_type_name = "Racing vault"
    _block_type_slug = "racing-vault"

    def put(self, key: str, data: bytes, expect: str = ANY) -> str:
        if expect != ANY:
            super().put(key, b"somebody else's")
        return super().put(key, data, expect)


def test_two_rotations_at_once_do_not_overwrite_each_other(world: World) -> None:
    manifest = world.take()
    with pytest.raises(Conflict):
        BackupStore(RacingVault(folder=world.vault.folder), KEYS, CHUNK).care.rewrap(manifest)
    assert world.vault.get(manifest.key).data == b"somebody else's"


def test_older_identities_are_checked_and_never_shown() -> None:
    keys = KEYS.model_copy(update={"older_identities": [NEW.identity]})
    assert keys.identities() == [KEYS.secret_identity(), NEW.secret_identity()]
    assert NEW.secret_identity() not in repr(keys) + keys.model_dump_json()
    with pytest.raises(ValidationError, match="not an age secret key") as raised:
        BackupKeys(recipients=KEYS.recipients, older_identities=["AGE-SECRET-KEY-1NONSENSE"], **SIGNING)
    assert "NONSENSE" not in str(raised.value)


class TestKms:
    """On moto, which checks ciphertext, key and encryption context, but neither key policies nor disabled keys."""

    def test_kms_alone_opens_a_backup(self, world: World, moto_url: str) -> None:  # noqa: F811
        kms = kms_key(moto_url)
        manifest = take(world, with_keys(world, kms_keys=[kms]))
        assert manifest.recipients == (*KEYS.recipients, f"aws-kms:{kms.key_id}")
        assert world.restore(with_keys(world, kms_keys=[kms], identity=None), manifest.backup).equal
        assert world.restore(world.store, manifest.backup).equal
        # Where the age identity is no longer the right one, KMS steps in.
        assert world.restore(with_keys(world, kms_keys=[kms], identity=NEW.identity), manifest.backup).equal

    def test_it_opens_without_lifeboat(self, world: World, moto_url: str) -> None:  # noqa: F811
        """The steps of docs/vaults.md, by the API that `aws kms decrypt` calls."""
        kms = kms_key(moto_url)
        manifest = take(world, with_keys(world, kms_keys=[kms]))
        wrapped = json.loads(world.vault.get(f"{manifest.prefix}key.kms.json").data)["keys"][kms.key_id]
        context = {"application": "shop", "backup": manifest.backup}
        answer = client("kms", moto_url).decrypt(CiphertextBlob=base64.b64decode(wrapped), EncryptionContext=context)
        own = pyrage.x25519.Identity.from_str(answer["Plaintext"].decode().strip())
        whole = b"".join(world.vault.get(chunk.key).data for chunk in manifest.parts[0].archives[0].chunks)
        assert pyrage.decrypt(whole, [own]).startswith(b"\x28\xb5\x2f\xfd")  # a zstd file

    def test_another_backup_s_wrapped_key_opens_nothing(self, world: World, moto_url: str) -> None:  # noqa: F811
        kms = kms_key(moto_url)
        store = with_keys(world, kms_keys=[kms], identity=None)
        one, other = take(world, store), take(world, store)
        world.vault.put(f"{one.prefix}key.kms.json", world.vault.get(f"{other.prefix}key.kms.json").data)
        with pytest.raises(NotProved, match=f"{one.prefix}key.kms.json: .*or for another backup"):
            world.restore(store, one.backup)

    def test_every_flipped_byte_is_found(self, world: World, moto_url: str) -> None:  # noqa: F811
        store = with_keys(world, kms_keys=[kms_key(moto_url)], identity=None)
        manifest = take(world, store)
        key = f"{manifest.prefix}key.kms.json"
        whole = world.vault.get(key).data
        opened = 0
        for at in range(0, len(whole), 17):
            world.vault.put(key, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            try:
                # The context that lies in it is for people: what counts is the manifest's.
                opened += world.restore(store, manifest.backup).equal
                assert at < whole.index(b'"keys"')
            except RecoveryError as error:
                assert key in str(error)
        assert opened < len(whole) / 17 / 2

    def test_a_key_that_is_not_ours_is_named(self, world: World, moto_url: str) -> None:  # noqa: F811
        kms, other = kms_key(moto_url), kms_key(moto_url)
        manifest = take(world, with_keys(world, kms_keys=[kms]))
        with pytest.raises(NotProved, match=f"{kms.key_id}, which is no KMS key of ours"):
            world.restore(with_keys(world, kms_keys=[other], identity=None), manifest.backup)

    def test_a_kms_that_is_away_stops_a_backup_whole(self, world: World, moto_url: str) -> None:  # noqa: F811
        away = kms_key(moto_url, endpoint_url="http://127.0.0.1:9")
        with pytest.raises(Unreachable, match=r"was not taken: .*wrapping with arn:aws:kms") as raised:
            take(world, with_keys(world, kms_keys=[away]))
        assert "not-to-be-shown" not in str(raised.value) + repr(away)
        assert world.objects() == []

    def test_a_kms_that_is_away_is_no_fault_of_the_backup(self, world: World, moto_url: str) -> None:  # noqa: F811
        kms = kms_key(moto_url)
        manifest = take(world, with_keys(world, kms_keys=[kms]))
        away = KmsKey(**{**dict(kms), "endpoint_url": "http://127.0.0.1:9"})
        with pytest.raises(Unreachable, match=kms.key_id):
            world.restore(with_keys(world, kms_keys=[away], identity=None), manifest.backup)
        assert world.restore(with_keys(world, kms_keys=[away]), manifest.backup).equal

    def test_rotation_takes_kms_in_and_out(self, world: World, moto_url: str) -> None:  # noqa: F811
        kms = kms_key(moto_url)
        manifest = world.take()
        before = data_of(world, manifest)
        by_kms = with_keys(world, kms_keys=[kms], identity=None)
        with_keys(world, kms_keys=[kms]).care.rewrap(manifest)
        assert world.restore(by_kms, manifest.backup).equal
        world.store.care.rewrap(manifest)
        assert [key for key in world.objects() if "/key." in key] == [manifest.key]
        with pytest.raises(NotProved):
            world.restore(by_kms, manifest.backup)
        assert data_of(world, manifest) == before
