"""Object Lock on a real S3 store that enforces it: what is locked cannot be deleted before its time, by nobody."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from server_fixtures import S3Store, s3_store, wait_until  # noqa: F401 - a fixture
from test_backups import CHUNK, KEYS, World, quiet
from test_vaults import prefix, s3_vault  # noqa: F401 - a fixture
from vault_contract import VaultContract

from blocks.backups import BackupStore
from blocks.sources import files_index
from blocks.vaults.kind import Vault
from blocks.vaults.locking import Locking
from blocks.vaults.s3 import S3Vault
from recovery.errors import RecoveryError, Refused

pytestmark = pytest.mark.slow
LOCKED_KEYS = ["data/shop/b/db/00000.age", "manifests/shop/b.json", "manifests/shop/b.sig"]


@pytest.fixture(scope="module")
def bucket(s3_store: S3Store) -> str:  # noqa: F811
    name = f"locked-{time.time_ns()}"
    where = {"LocationConstraint": s3_store.region}
    s3_store.client().create_bucket(Bucket=name, ObjectLockEnabledForBucket=True, CreateBucketConfiguration=where)
    return name


@pytest.fixture
def locking(s3_store: S3Store, bucket: str, prefix: str) -> S3Vault:  # noqa: F811
    return s3_vault(s3_store, prefix, bucket=bucket, lock_mode="compliance", lock_days=7)


def versions(store: S3Store, vault: S3Vault, key: str) -> list[str]:
    found = store.client().list_object_versions(Bucket=vault.bucket, Prefix=vault.prefix + key)
    return [each["VersionId"] for each in found.get("Versions", [])]


class TestLockingS3Vault(VaultContract):
    """What is not a backup, such as leases and journals, is written and removed as ever."""

    @pytest.fixture
    def vault(self, locking: S3Vault) -> Vault:
        return locking

    @pytest.fixture
    def unreachable(self, locking: S3Vault) -> Vault:
        return locking.model_copy(update={"endpoint_url": "http://127.0.0.1:9", "_client": None})

    test_all_of_many_entries_are_listed = None  # as slow as it is without a lock, and the same


@pytest.mark.parametrize("mode", ["compliance", "governance"])
def test_a_backup_s_objects_cannot_be_deleted(
    s3_store: S3Store,  # noqa: F811
    bucket: str,
    prefix: str,  # noqa: F811
    mode: str,
) -> None:
    vault, client = s3_vault(s3_store, prefix, bucket=bucket, lock_mode=mode, lock_days=7), s3_store.client()
    for key in LOCKED_KEYS:
        vault.put(key, b"whole")
        until = vault.locked_until(key)
        assert until is not None
        assert abs(until - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=1)
        [version] = versions(s3_store, vault, key)
        with pytest.raises(ClientError, match="AccessDenied"):  # a thief with all the keys
            client.delete_object(Bucket=bucket, Key=vault.prefix + key, VersionId=version)
        with pytest.raises(Refused, match=rf"{key} is locked until {until:%Y-%m-%d %H:%M}"):
            vault.remove(key)
        assert vault.get(key).data == b"whole"


def test_a_lock_is_not_shortened_nor_versions_switched_off(locking: S3Vault, s3_store: S3Store) -> None:  # noqa: F811
    locking.put("data/x", b"whole")
    client, soon = s3_store.client(), datetime.now(UTC) + timedelta(seconds=2)
    with pytest.raises(ClientError, match="AccessDenied"):
        client.put_object_retention(
            Bucket=locking.bucket,
            Key=locking.prefix + "data/x",
            Retention={"Mode": "COMPLIANCE", "RetainUntilDate": soon},
        )
    with pytest.raises(ClientError):
        client.put_bucket_versioning(Bucket=locking.bucket, VersioningConfiguration={"Status": "Suspended"})
    assert locking.posture().out_of_reach


def test_what_was_hidden_or_overwritten_is_still_there(locking: S3Vault, s3_store: S3Store) -> None:  # noqa: F811
    key, client = "data/x", s3_store.client()
    locking.put(key, b"whole")
    client.put_object(Bucket=locking.bucket, Key=locking.prefix + key, Body=b"ransom")
    client.delete_object(Bucket=locking.bucket, Key=locking.prefix + key)
    assert locking.entries(key) == []
    # Removing takes what is not locked off it, and is refused at what is: there it lies again.
    with pytest.raises(Refused, match="is locked until"):
        locking.remove(key)
    assert locking.get(key).data == b"whole"


def test_leases_and_journals_are_not_locked(locking: S3Vault, s3_store: S3Store) -> None:  # noqa: F811
    for key in ("leases/shop", "journals/shop/i.jsonl", "verifications/shop/b/t.json"):
        for data in (b"1", b"2"):
            locking.put(key, data)
        assert locking.locked_until(key) is None
        locking.remove(key)
        assert versions(s3_store, locking, key) == []
    assert locking.locked_until("nothing") is None


def test_posture_says_what_is_really_on(s3_store: S3Store, bucket: str) -> None:  # noqa: F811
    locked = {"lock_mode": "compliance", "lock_days": 7}
    for changes, versioning, lock, words in [
        ({"bucket": bucket, **locked}, True, "compliance", "locked for 7 days"),
        ({"bucket": bucket, **locked, "lock_mode": "governance"}, True, "governance", "governance"),
        ({"bucket": bucket}, True, None, "locks nothing"),
        ({**locked}, False, None, "was not made for"),
        ({}, False, None, "Versions are not kept"),
    ]:
        posture = s3_vault(s3_store, "", **changes).posture()
        assert (posture.versioning, posture.lock) == (versioning, lock)
        assert words in posture.sentence
        assert posture.out_of_reach is (lock == "compliance")


def test_a_bucket_without_object_lock_takes_no_unlocked_backup(s3_store: S3Store, prefix: str) -> None:  # noqa: F811
    vault = s3_vault(s3_store, prefix, lock_mode="compliance", lock_days=1)
    with pytest.raises(RecoveryError, match="must be made with Object Lock"):
        vault.put("data/x", b"1")
    assert vault.entries("") == []


def test_unfinished_uploads_are_ended_by_age(s3_store: S3Store, prefix: str) -> None:  # noqa: F811
    vault, client = s3_vault(s3_store, prefix), s3_store.client()
    client.create_multipart_upload(Bucket=vault.bucket, Key=prefix + "data/dangling")
    client.create_multipart_upload(Bucket=vault.bucket, Key="others/" + prefix)
    assert vault.abort_uploads(datetime.now(UTC) - timedelta(hours=1)) == []
    assert vault.abort_uploads(datetime.now(UTC) + timedelta(minutes=1)) == [prefix + "data/dangling"]
    left = client.list_multipart_uploads(Bucket=vault.bucket).get("Uploads", [])
    assert [each["Key"] for each in left] == ["others/" + prefix]


def test_a_locked_backup_is_kept_whole_and_restored(locking: S3Vault, tmp_path: Path) -> None:
    world = World(tmp_path)
    store = BackupStore(locking, KEYS, CHUNK)
    manifest = store.take("shop", world.sources, quiet)
    until = store.care.locked_until("shop", manifest.backup)
    assert until is not None
    assert until > datetime.now(UTC) + timedelta(days=6)
    before = [entry.key for entry in locking.entries("")]
    with pytest.raises(Refused, match=rf"{manifest.backup} of shop is locked until {until:%Y-%m-%d %H:%M} UTC"):
        store.care.remove("shop", manifest.backup)
    assert [entry.key for entry in locking.entries("")] == before
    store.care.rewrap(manifest)
    assert world.restore(store, manifest.backup).equal


def test_a_backup_whose_lock_has_run_out_is_removed_whole(
    s3_store: S3Store,  # noqa: F811
    bucket: str,
    prefix: str,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vault = s3_vault(s3_store, prefix, bucket=bucket, lock_mode="compliance", lock_days=1)
    # A day less eight seconds ago, as far as locks go: this one runs out in eight seconds.
    monkeypatch.setattr("blocks.vaults.locking.now", lambda: datetime.now(UTC) - timedelta(days=1, seconds=-8))
    store = BackupStore(vault, KEYS, CHUNK)
    manifest = store.take("shop", World(tmp_path).sources, quiet)
    until = store.care.locked_until("shop", manifest.backup)
    assert until is not None
    with pytest.raises(Refused, match="is locked until"):
        store.care.remove("shop", manifest.backup)
    wait_until(lambda: datetime.now(UTC) > until + timedelta(seconds=1), 30, "the end of the lock")
    store.care.remove("shop", manifest.backup)
    left = s3_store.client().list_object_versions(Bucket=bucket, Prefix=prefix)
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers")


@pytest.mark.parametrize("mode", ["compliance", "governance"])
def test_shared_groups_are_locked_as_long_as_the_newest_backup_that_needs_them(
    s3_store: S3Store,  # noqa: F811
    bucket: str,
    prefix: str,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
) -> None:
    monkeypatch.setattr(files_index, "RESTED_SECONDS", 0.0)
    world = World(tmp_path)
    short = s3_vault(s3_store, prefix, bucket=bucket, lock_mode=mode, lock_days=1)
    long = s3_vault(s3_store, prefix, bucket=bucket, lock_mode=mode, lock_days=9)
    first = BackupStore(short, KEYS, CHUNK).take("shop", world.sources, quiet)
    second = BackupStore(long, KEYS, CHUNK).take("shop", world.sources, quiet)
    assert {group.backup for group in second.reused} == {first.backup}
    ends = short.locked_until(f"manifests/shop/{second.backup}.json")
    assert ends is not None
    for group in second.reused:
        for chunk in group.chunks:
            until = short.locked_until(chunk.key)
            assert until is not None
            assert until > ends
    with pytest.raises(Refused):
        long.remove(second.reused[0].archive.chunks[0].key)
    assert world.restore(BackupStore(long, KEYS, CHUNK), second.backup).equal


def test_where_a_lock_cannot_be_made_longer_everything_is_sent(
    locking: S3Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_index, "RESTED_SECONDS", 0.0)
    monkeypatch.setattr(S3Vault, "keep_locked", Locking.keep_locked)  # as for Azure and Google
    world, store = World(tmp_path), BackupStore(locking, KEYS, CHUNK)
    store.take("shop", world.sources, quiet)
    second = store.take("shop", world.sources, quiet)
    assert second.reused == []
    assert world.restore(store, second.backup).equal
