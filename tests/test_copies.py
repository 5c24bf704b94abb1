"""Copies in several vaults from one pass: a vault that fails loses only its copy; what is whole anywhere is found."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from test_backups import CHUNK, KEYS, FailingVault, World, quiet

from blocks.backups import BackupStore
from blocks.vaults.folder import FolderVault
from recovery.errors import NotProved, Unreachable
from recovery.manifest import Manifest

Damage = Callable[[FolderVault, str], None]


class Twice:
    """Two vaults, the second of which can be made to fail."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        (folder / "other").mkdir()
        self.main, self.other = self.world.vault, FailingVault(folder=str(folder / "other"))
        self.store = BackupStore(self.main, KEYS, CHUNK, {"other": self.other})

    def take(self, said: list[str] | None = None) -> Manifest:
        return self.store.take("shop", self.world.sources, (said if said is not None else []).append)

    def equal(self, manifest: Manifest) -> bool:
        return self.world.restore(self.store, manifest.backup).equal  # type: ignore[no-any-return]


@pytest.fixture
def twice(tmp_path: Path) -> Twice:
    return Twice(tmp_path)


def contents(vault: FolderVault) -> dict[str, bytes]:
    return {entry.key: vault.get(entry.key).data for entry in vault.entries("")}


def test_one_pass_writes_the_same_into_both(twice: Twice) -> None:
    manifest = twice.take()
    assert contents(twice.main) == contents(twice.other)
    assert twice.store.care.copy_faults(manifest) == {}
    for vault in (twice.main, twice.other):  # each alone is a whole backup
        assert twice.world.restore(BackupStore(vault, KEYS, CHUNK), manifest.backup).equal


def test_a_copy_that_fails_at_any_object_leaves_the_other_whole(twice: Twice) -> None:
    twice.other.fail_at(10**9)
    twice.take()
    puts, before = twice.other._puts, contents(twice.other)
    for number in range(1, puts + 1):
        said: list[str] = []
        twice.other.fail_at(number)
        manifest = twice.take(said)
        assert f"There is no copy of backup {manifest.backup} in other: The vault does not answer." in said[-1]
        assert "was removed" in said[-1]
        assert contents(twice.other) == before
        assert list(twice.store.care.copy_faults(manifest)) == ["other"]
        assert twice.equal(manifest)


def test_a_copy_that_is_gone_for_good_is_owned_up_to(twice: Twice) -> None:
    twice.other.fail_at(3, for_good=True)
    said: list[str] = []
    manifest = twice.take(said)
    assert f"Objects under data/shop/{manifest.backup}/ may be left" in said[-1]
    assert BackupStore(twice.other, KEYS).list("shop") == []


def test_where_all_vaults_fail_nothing_is_left_in_any(tmp_path: Path) -> None:
    main = FailingVault(folder=str(tmp_path / "vault"))
    world = World(tmp_path, main)
    (tmp_path / "other").mkdir()
    other = FailingVault(folder=str(tmp_path / "other"))
    store = BackupStore(main, KEYS, CHUNK, {"other": other})
    main.fail_at(3)
    other.fail_at(5)
    with pytest.raises(Unreachable, match="what was written of it was removed"):
        store.take("shop", world.sources, quiet)
    assert contents(main) == contents(other) == {}


def flipped(vault: FolderVault, key: str) -> None:
    data = bytearray(vault.get(key).data)
    data[random.Random(key).randrange(len(data))] ^= 4
    vault.put(key, bytes(data))


@pytest.mark.parametrize("damage", [flipped, FolderVault.remove], ids=["flipped", "removed"])
def test_whatever_is_damaged_in_one_is_read_from_the_other(twice: Twice, damage: Damage) -> None:
    manifest = twice.take()
    for number, key in enumerate(contents(twice.main)):  # every object, now here, now there; the manifest as one
        here = number % 2 or key.startswith("manifests/")
        damage(twice.main if here else twice.other, key)
    assert twice.equal(manifest)
    assert [each.backup for each in twice.store.list("shop") if each.manifest] == [manifest.backup]


def test_what_is_damaged_in_both_is_named(twice: Twice) -> None:
    manifest = twice.take()
    key = manifest.parts[0].archives[0].chunks[1].key
    for vault in (twice.main, twice.other):
        flipped(vault, key)
    with pytest.raises(NotProved, match=key):
        twice.equal(manifest)


def test_a_main_vault_that_is_gone_is_done_without(twice: Twice, tmp_path: Path) -> None:
    manifest = twice.take()
    record = twice.store.attest(manifest, {"files": "Equal."}, "proved equal", 1)
    gone = FolderVault(folder=str(tmp_path / "unmounted"))
    store = BackupStore(gone, KEYS, CHUNK, {"other": twice.other})
    assert [each.backup for each in store.list("shop")] == [manifest.backup]
    assert store.verifications("shop") == [record]
    assert twice.world.restore(store, manifest.backup).equal
    assert "unmounted is not there" in store.care.copy_faults(manifest)["the main vault"]
    assert "unmounted is not there" in store.verification_faults("shop")[0]
    flipped(twice.other, f"manifests/shop/{manifest.backup}.json")
    assert "is not what was signed" in store.list("shop")[0].reason


def test_a_record_in_both_counts_once_and_a_forged_one_is_told_by_vault(twice: Twice) -> None:
    manifest = twice.take()
    record = twice.store.attest(manifest, {"files": "Equal."}, "proved equal", 1)
    assert twice.store.verifications("shop") == [record]
    [key] = [key for key in contents(twice.other) if key.startswith("verifications/") and key.endswith(".json")]
    flipped(twice.other, key)
    assert twice.store.verifications("shop") == [record]
    [fault] = twice.store.verification_faults("shop")
    assert fault.startswith("other: ")


@pytest.mark.parametrize("damage", [flipped, FolderVault.remove], ids=["flipped", "removed"])
def test_a_copy_is_made_whole_again(twice: Twice, damage: Damage) -> None:
    manifest = twice.take()
    twice.store.attest(manifest, {"files": "Equal."}, "proved equal", 1)
    before = contents(twice.main)
    assert twice.store.care.copy(manifest) == []
    for key in [f"manifests/shop/{manifest.backup}.json", manifest.parts[0].archives[0].chunks[0].key]:
        damage(twice.other, key)
    assert list(twice.store.care.copy_faults(manifest)) == ["other"]
    assert twice.store.care.copy(manifest) == ["other"]
    assert contents(twice.main) == contents(twice.other) == before


def test_a_copy_of_what_is_damaged_gets_no_manifest(twice: Twice) -> None:
    manifest = twice.take()
    key = manifest.parts[0].archives[0].chunks[-1].key
    for entry in twice.other.entries(""):
        twice.other.remove(entry.key)
    flipped(twice.main, key)
    with pytest.raises(NotProved, match=f"{key} is damaged"):
        twice.store.care.copy(manifest)
    assert twice.other.entries("manifests/") == []
    twice.main.remove(key)
    with pytest.raises(NotProved, match="whole in no vault"):
        twice.store.care.copy(manifest)


def test_removing_removes_all_copies(twice: Twice) -> None:
    kept, gone = twice.take(), twice.take()
    twice.store.attest(gone, {}, "listed", 1)
    twice.store.care.remove("shop", gone.backup)
    for vault in (twice.main, twice.other):
        assert not [key for key in contents(vault) if gone.backup in key]
    assert twice.equal(kept)
