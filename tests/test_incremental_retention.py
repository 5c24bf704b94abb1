"""No object goes that a backup needs, whoever runs at the same time; and nothing stays that none needs."""

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from incremental_fixtures import DAY, small_groups, sources_of, world_fixture, world_of  # noqa: F401 - fixtures
from pydantic import PrivateAttr
from test_backups import CHUNK, KEYS, World, quiet
from test_leftovers import age

from blocks.backups import BackupStore
from blocks.sharing import removal
from blocks.vaults.folder import FolderVault
from blocks.vaults.kind import ANY, Entry, Stored
from recovery.errors import RecoveryError
from recovery.manifest import Manifest


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
    """A backup whose groups the next one may need: its own, or those of one that retention removed before."""

    def __init__(self, folder: Path, own: bool) -> None:
        self.vault = InterruptedVault(folder=str(folder / "vault"))
        self.world = World(folder, self.vault)
        self.first = self.newest = self.world.take()
        if not own:
            self.newest = self.world.take()
            self.world.store.care.remove("shop", self.first.backup)
        # Another process, so without our interruptions.
        self.others = BackupStore(FolderVault(folder=str(folder / "vault")), KEYS, CHUNK)

    def retention(self) -> None:
        """Removes the backup, and then what is needed no more."""
        self.others.care.remove("shop", self.newest.backup)
        for entry in self.others._vaults["the main vault"].entries(self.first.prefix):
            os.utime(Path(self.vault.folder) / entry.key, (1, 1))
        self.others.care.reap("shop", DAY)

    def check(self) -> None:
        for each in self.others.list("shop"):
            assert self.world.restore(self.others, each.backup).equal


@pytest.mark.slow
@pytest.mark.parametrize("own", [True, False])
def test_retention_at_any_moment_of_a_backup_breaks_none(tmp_path: Path, own: bool) -> None:
    at, calls, shared = 0, 1, 0
    while at < calls:
        (tmp_path / str(at)).mkdir()
        race = Race(tmp_path / str(at), own)
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
    assert calls > 8
    assert 0 < shared < calls


def backed_up(race: Race, taken: list[Manifest]) -> None:
    taken.append(race.others.take("shop", race.world.sources, quiet))


@pytest.mark.slow
@pytest.mark.parametrize("own", [True, False])
def test_a_backup_at_any_moment_of_retention_is_whole(tmp_path: Path, own: bool) -> None:
    at, calls, shared = 0, 1, 0
    while at < calls:
        (tmp_path / str(at)).mkdir()
        race = Race(tmp_path / str(at), own)
        taken: list[Manifest] = []
        act = partial(backed_up, race, taken)
        race.vault.interrupt(at, act)
        race.world.store.care.remove("shop", race.newest.backup)
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
    assert calls > 8
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
