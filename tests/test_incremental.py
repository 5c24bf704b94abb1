"""Backups that name groups of earlier ones: what changed is sent, what is needed stays, and nothing else."""

import itertools
import os
import random
import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from pydantic import PrivateAttr
from test_backups import CHUNK, KEYS, World, quiet
from test_leftovers import age

from blocks.backups import BackupStore
from blocks.key_wrapping import unwrap, wrapped_objects
from blocks.keys import BackupKeys
from blocks.sharing import removal
from blocks.sources import files_index
from blocks.sources.files import FilesSource
from blocks.vaults.folder import FolderVault
from blocks.vaults.kind import ANY, Entry, Stored
from recovery.errors import NotProved, RecoveryError
from recovery.manifest import Manifest
from recovery.model import now

DAY = timedelta(hours=24)
FILES = 12


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups of about three of the files below, files that count as at rest as soon as they are written, and backups
    that seem to be a minute apart."""
    monkeypatch.setattr(files_index, "GROUP_BYTES", 40_000)
    monkeypatch.setattr(files_index, "RESTED_SECONDS", 0.0)
    times = itertools.count(1)
    monkeypatch.setattr("blocks.backup_taking.now", lambda: now() + timedelta(minutes=next(times)))


def world_of(folder: Path, vault: FolderVault | None = None) -> World:
    world = World(folder, vault)
    live, dice = folder / "live", random.Random(3)
    (live / "noise").write_bytes(dice.randbytes(200_000))
    for number in range(FILES):
        (live / f"file-{number:02d}").write_bytes(dice.randbytes(10_000))
    os.link(live / "sub" / "text", live / "second name")
    (live / "link").symlink_to("noise")
    return world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_of(tmp_path)


def sources_of(manifest: Manifest) -> list[str]:
    return [group.backup for group in manifest.parts[0].groups]


def sent(manifest: Manifest) -> int:
    """How many files were read and sent in groups."""
    return sum(group.items for group in manifest.parts[0].groups if group.backup == manifest.backup)


def test_an_unchanged_tree_is_named_and_not_sent(world: World) -> None:
    first, second = world.take(), world.take()
    third = world.take()
    assert len(first.parts[0].groups) >= 4
    assert second.parts[0].groups == third.parts[0].groups == first.parts[0].groups
    own = [entry for entry in world.vault.entries(third.prefix) if "/files/g" in entry.key]
    assert own == []
    assert (third.parts[0].items, third.parts[0].total) == (first.parts[0].items, first.parts[0].total)
    assert [each.parts[0].since_full for each in (first, second, third)] == [0, 1, 2]
    assert world.restore(world.store, third.backup).equal
    assert world.store.expected(third, "files").items == world.store.expected(first, "files").items


def rewrite(path: Path, data: bytes) -> None:
    """Other content of the same length, and the old time."""
    before = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "content, length and time kept": lambda at: rewrite(at / "file-03", bytes(10_000)),
    "cut": lambda at: os.truncate(at / "file-03", 5),
    "touched": lambda at: os.utime(at / "file-03", ns=(1, 1)),
    "mode": lambda at: (at / "file-03").chmod(0o600),
    "removed": lambda at: (at / "file-03").unlink(),
    "renamed": lambda at: (at / "file-03").rename(at / "file-03b"),
    "replaced": lambda at: (at / "file-04").replace(at / "file-03"),
    "became a folder": lambda at: ((at / "file-03").unlink(), (at / "file-03").mkdir()),
    "became a link": lambda at: ((at / "file-03").unlink(), (at / "file-03").symlink_to("noise")),
    "got a second name": lambda at: os.link(at / "file-03", at / "another name"),
    "added": lambda at: (at / "file-00b").write_text("new"),
    "copied over": lambda at: shutil.copy2(at / "file-05", at / "file-03"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_sent_and_the_rest_is_not(world: World, change: str) -> None:
    first = world.take()
    CHANGES[change](world.folder / "live")
    second = world.take()
    assert world.restore(world.store, second.backup).equal
    live = world.sources["files"].content(staged=False)
    assert world.store.expected(second, "files").items == live.items
    assert world.store.expected(second, "files").traits == live.traits
    assert first.backup in sources_of(second)
    assert sent(second) < FILES


def test_only_the_rest_changed(world: World) -> None:
    first = world.take()
    (world.folder / "live" / "sub" / "text").write_text("two names, new text")
    (world.folder / "live" / "sub").chmod(0o700)
    second = world.take()
    assert second.parts[0].groups == first.parts[0].groups
    assert world.restore(world.store, second.backup).equal


def test_what_changed_a_moment_ago_is_sent_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_index, "RESTED_SECONDS", 60.0)
    world.take()
    second = world.take()
    assert set(sources_of(second)) == {second.backup}
    assert world.restore(world.store, second.backup).equal


def test_every_so_often_everything_is_sent(world: World) -> None:
    world.sources = {"files": FilesSource(folder=str(world.folder / "live"), full_every=3)}
    backups = [world.take() for _ in range(7)]
    assert [each.parts[0].since_full for each in backups] == [0, 1, 2, 0, 1, 2, 0]
    assert set(sources_of(backups[5])) == {backups[3].backup}


def test_another_folder_under_the_same_name_is_sent(world: World) -> None:
    world.take()
    shutil.copytree(world.folder / "live", world.folder / "other", symlinks=True)
    world.sources = {"files": FilesSource(folder=str(world.folder / "other"))}
    assert world.take().parts[0].since_full == 0


@pytest.mark.parametrize("damage", ["manifest", "key", "index", "group", "verification"])
def test_where_the_last_backup_is_in_doubt_everything_is_sent(world: World, damage: str) -> None:
    first = world.take()
    said: list[str] = []
    part = first.parts[0]
    assert part.index
    if damage == "verification":
        world.store.attest(first, {}, "checksummed", 1, problem="a chunk is damaged")
    else:
        keys = {
            "manifest": f"manifests/shop/{first.backup}.json",
            "key": first.key,
            "index": part.index.chunks[0].key,
            "group": part.groups[1].archive.chunks[0].key,
        }
        world.vault.put(keys[damage], world.vault.get(keys[damage]).data[:-1])
    second = world.store.take("shop", world.sources, said.append)
    if damage == "group":
        assert set(sources_of(second)) == {first.backup, second.backup}
        assert part.groups[1] not in second.parts[0].groups
    else:
        assert set(sources_of(second)) == {second.backup}
        assert any("All files are read and sent" in line for line in said)
    assert world.restore(world.store, second.backup).equal


def test_a_fault_of_any_backup_that_groups_come_from_counts(world: World) -> None:
    first, second = world.take(), world.take()
    world.store.attest(first, {}, "checksummed", 1, problem="a chunk is damaged")
    third = world.take()
    assert set(sources_of(second)) == {first.backup}
    assert set(sources_of(third)) == {third.backup}
    assert set(sources_of(world.take())) == {third.backup}


def test_keys_that_open_nothing_send_everything(world: World) -> None:
    first = world.take()
    writing = KEYS.model_copy(update={"identity": None})
    second = BackupStore(world.vault, writing, CHUNK).take("shop", world.sources, quiet)
    assert set(sources_of(second)) == {second.backup}
    assert second.parts[0].groups != first.parts[0].groups
    assert world.restore(world.store, second.backup).equal


def test_retention_keeps_what_is_needed_and_no_more(world: World) -> None:
    first = world.take()
    (world.folder / "live" / "file-03").write_text("new")
    second = world.take()
    third = world.take()
    for gone in (first, second):
        world.store.care.remove("shop", gone.backup)
        world.store.care.remove("shop", gone.backup)
        assert world.restore(world.store, third.backup).equal
        age(world, "data/", 1000)
        assert world.store.care.reap("shop", DAY) == []
    needed = {chunk.key for group in third.parts[0].groups for chunk in group.chunks}
    assert {entry.key for entry in world.vault.entries(first.prefix)} <= needed
    assert world.vault.entries("removals/") == []
    world.store.care.remove("shop", third.backup)
    assert all("is needed by no later backup any more" in line for line in world.store.care.leftovers("shop", DAY))
    assert len(world.store.care.reap("shop", DAY)) == 2
    assert world.objects() == []


def test_a_claim_that_cannot_be_read_stops_every_removal(world: World) -> None:
    first, second = world.take(), world.take()
    world.vault.put(f"data/shop/{second.backup}/claims.json", b'{"not": "a list"}')
    with pytest.raises(RecoveryError, match=r"claims\.json cannot be read.*Nothing was removed"):
        world.store.care.remove("shop", first.backup)
    assert world.restore(world.store, first.backup).equal
    assert world.store.care.copy_faults(second) == {"the main vault": f"{second.prefix}claims.json is damaged."}


def test_keys_are_rotated_and_old_groups_open(world: World) -> None:
    first, other = world.take(), BackupKeys.generate()
    second = world.take()
    keys = KEYS.model_copy(
        update={"recipients": other.recipients, "identity": other.identity, "older_identities": [KEYS.identity]}
    )
    rotating = BackupStore(world.vault, keys, CHUNK)
    for manifest in (first, second):
        rotating.care.rewrap(manifest)
    world.store = BackupStore(world.vault, keys.model_copy(update={"older_identities": []}), CHUNK)
    world.store.care.remove("shop", first.backup)
    assert world.restore(world.store, second.backup).equal
    third = world.take()
    assert set(sources_of(third)) == {first.backup}
    assert world.restore(world.store, third.backup).equal


def test_an_older_key_object_in_its_place_is_named(world: World) -> None:
    first, second = world.take(), world.take()
    assert len(world.store.manifest("shop", second.backup).reused) >= 4
    own = unwrap(world.vault, KEYS, second).split()[0]
    for key, data in wrapped_objects(second.key, own, KEYS, "shop", second.backup).items():
        world.vault.put(key, data)
    with pytest.raises(NotProved, match=f"lacks the key of backup {first.backup}"):
        world.restore(world.store, second.backup)


class InterruptedVault(FolderVault):
    """A real vault, in which somebody else acts just before one of our calls."""

    _block_type_name = "Interrupted vault"
    _block_type_slug = "interrupted-vault"

    _calls: int = PrivateAttr(default=0)
    _at: int = PrivateAttr(default=-1)
    _act: Callable[[], object] = PrivateAttr()

    def interrupt(self, at: int, act: Callable[[], object]) -> None:
        self._calls, self._at, self._act = 0, at, act

    def _count(self) -> None:
        self._calls += 1
        if self._calls - 1 == self._at:
            self._act()

    def put(self, key: str, data: bytes, expect: str = ANY) -> str:
        self._count()
        return super().put(key, data, expect)

    def get(self, key: str) -> Stored:
        self._count()
        return super().get(key)

    def entries(self, prefix: str) -> list[Entry]:
        self._count()
        return super().entries(prefix)

    def remove(self, key: str) -> None:
        self._count()
        super().remove(key)


class Race:
    """Two backups of an unchanged tree, the first already removed by retention: its groups hang on the second."""

    def __init__(self, folder: Path) -> None:
        self.vault = InterruptedVault(folder=str(folder / "vault"))
        self.world = world_of(folder, self.vault)
        self.first, self.second = self.world.take(), self.world.take()
        self.world.store.care.remove("shop", self.first.backup)
        # Another process, so without our interruptions.
        self.others = BackupStore(FolderVault(folder=str(folder / "vault")), KEYS, CHUNK)

    def retention(self) -> None:
        """Removes the second backup, and then what is needed no more."""
        self.others.care.remove("shop", self.second.backup)
        for entry in self.others._vaults["the main vault"].entries(self.first.prefix):
            os.utime(Path(self.vault.folder) / entry.key, (1, 1))
        self.others.care.reap("shop", DAY)

    def check(self) -> None:
        for each in self.others.list("shop"):
            assert self.world.restore(self.others, each.backup).equal


@pytest.mark.slow
def test_retention_at_any_moment_of_a_backup_breaks_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_index, "GROUP_BYTES", 200_000)
    at, calls, shared = 0, 1, 0
    while at < calls:
        (tmp_path / str(at)).mkdir()
        race = Race(tmp_path / str(at))
        race.vault.interrupt(at, race.retention)
        try:
            shared += race.first.backup in sources_of(race.world.take())
        except RecoveryError as error:
            assert "was not taken" in str(error)
        calls = race.vault._calls
        race.vault.interrupt(-1, race.retention)
        race.check()
        shutil.rmtree(tmp_path / str(at))
        at += 1
    assert calls > 12
    assert 0 < shared < calls


def backed_up(race: Race, taken: list[Manifest]) -> None:
    taken.append(race.others.take("shop", race.world.sources, quiet))


@pytest.mark.slow
def test_a_backup_at_any_moment_of_retention_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_index, "GROUP_BYTES", 200_000)
    at, calls, shared = 0, 1, 0
    while at < calls:
        (tmp_path / str(at)).mkdir()
        race = Race(tmp_path / str(at))
        taken: list[Manifest] = []
        act = partial(backed_up, race, taken)
        race.vault.interrupt(at, act)
        race.world.store.care.remove("shop", race.second.backup)
        for entry in race.others._vaults["the main vault"].entries(race.first.prefix):
            os.utime(Path(race.vault.folder) / entry.key, (1, 1))
        race.world.store.care.reap("shop", DAY)
        calls = race.vault._calls
        race.vault.interrupt(-1, act)
        assert len(taken) == 1
        shared += race.first.backup in sources_of(taken[0])
        race.check()
        shutil.rmtree(tmp_path / str(at))
        at += 1
    assert calls > 12
    assert 0 < shared < calls


def test_a_remover_that_was_killed_only_costs_a_full_backup(world: World) -> None:
    first = world.take()
    with pytest.raises(KeyboardInterrupt), removal(world.vault, "shop", first.backup):
        raise KeyboardInterrupt
    second = world.take()
    assert set(sources_of(second)) == {second.backup}
    age(world, "removals/", 25)
    world.store.care.reap("shop", DAY)
    assert world.vault.entries("removals/") == []


class TestTwoVaults:
    @pytest.fixture
    def both(self, world: World) -> World:
        (world.folder / "copy").mkdir()
        self.copy = FolderVault(folder=str(world.folder / "copy"))
        world.store = BackupStore(world.vault, KEYS, CHUNK, {"copy": self.copy})
        return world

    def test_both_hold_it_whole(self, both: World) -> None:
        first, second = both.take(), both.take()
        assert set(sources_of(second)) == {first.backup}
        assert both.store.care.copy_faults(second) == {}
        for vault in (both.vault, self.copy):
            assert both.restore(BackupStore(vault, KEYS, CHUNK), second.backup).equal

    def test_what_one_lacks_is_sent_to_both(self, both: World) -> None:
        first = both.take()
        lost = first.parts[0].groups[1]
        self.copy.remove(lost.archive.chunks[0].key)
        second = both.take()
        assert lost not in second.parts[0].groups
        assert first.backup in sources_of(second)
        assert both.restore(BackupStore(self.copy, KEYS, CHUNK), second.backup).equal

    def test_a_copy_that_is_made_later_brings_its_groups(self, both: World) -> None:
        alone = BackupStore(both.vault, KEYS, CHUNK)
        alone.take("shop", both.sources, quiet)
        second = alone.take("shop", both.sources, quiet)
        assert second.reused
        assert both.store.care.copy(second) == ["copy"]
        assert both.store.care.copy_faults(second) == {}
        there = BackupStore(self.copy, KEYS, CHUNK)
        assert both.restore(there, second.backup).equal
        age_all = [os.utime(path, (1, 1)) for path in (both.folder / "copy").rglob("*") if path.is_file()]
        assert age_all
        assert there.care.reap("shop", DAY) == []
        assert both.restore(there, second.backup).equal

    def test_no_copy_is_made_into_a_removal(self, both: World) -> None:
        alone = BackupStore(both.vault, KEYS, CHUNK)
        first, second = alone.take("shop", both.sources, quiet), alone.take("shop", both.sources, quiet)
        with removal(self.copy, "shop", first.backup), pytest.raises(RecoveryError, match="are being removed"):
            both.store.care.copy(second)
        assert BackupStore(self.copy, KEYS, CHUNK).list("shop") == []

    def test_a_vault_that_is_gone_loses_its_copy_only(self, both: World) -> None:
        first = both.take()
        shutil.move(both.folder / "copy", both.folder / "away")
        second = both.take()
        assert set(sources_of(second)) == {first.backup}
        shutil.move(both.folder / "away", both.folder / "copy")
        assert list(both.store.care.copy_faults(second)) == ["copy"]
        third = both.take()
        assert set(sources_of(third)) == {third.backup}
