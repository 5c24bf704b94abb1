"""Backups that name groups of earlier ones, in two vaults."""

import os
import shutil

import pytest
from incremental_fixtures import DAY, small_groups, sources_of, world_fixture  # noqa: F401 - fixtures
from test_backups import CHUNK, KEYS, World, quiet

from blocks.backups import BackupStore
from blocks.sharing import removal
from blocks.vaults.folder import FolderVault
from recovery.errors import RecoveryError


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
