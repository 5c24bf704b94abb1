"""What a killed backup leaves behind is found and removed; what was a backup once never is."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from test_backups import World

from blocks.leftovers import Leftover, remove_leftover
from recovery.errors import Refused

DAY = timedelta(hours=24)


def age(world: World, prefix: str, hours: float) -> None:
    then = time.time() - hours * 3600
    for entry in world.vault.entries(prefix):
        os.utime(Path(world.vault.folder) / entry.key, (then, then))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def killed(world: World, hours: float) -> str:
    """A backup whose maker was killed before the manifest was written."""
    manifest = world.take()
    for ending in (".json", ".sig"):
        world.vault.remove(f"manifests/shop/{manifest.backup}{ending}")
    age(world, manifest.prefix, hours)
    return str(manifest.backup)


def test_old_data_that_never_had_a_manifest_goes(world: World) -> None:
    whole, old, young = world.take(), killed(world, 25), killed(world, 23)
    age(world, whole.prefix, 1000)
    [sentence] = world.store.care.leftovers("shop", DAY)
    assert old in sentence
    assert "never finished" in sentence
    [said] = world.store.care.reap("shop", DAY)
    assert f"{old} was never finished" in said
    assert {entry.key.split("/")[2] for entry in world.vault.entries("data/")} == {whole.backup, young}
    assert world.restore(world.store, whole.backup).equal
    assert world.store.care.reap("shop", DAY) == []
    assert world.store.care.leftovers("other", DAY) == []


def test_one_new_object_is_enough_to_wait(world: World) -> None:
    old = killed(world, 1000)
    world.vault.put(f"data/shop/{old}/files/00099.age", b"still under way")
    assert world.store.care.reap("shop", DAY) == []


@pytest.mark.parametrize("trace", ["signature", "verification"])
def test_what_was_a_backup_once_is_left_for_a_person(world: World, trace: str) -> None:
    manifest = world.take()
    world.store.attest(manifest, {}, "listed", 1)
    for entry in world.vault.entries("manifests/") + world.vault.entries("verifications/"):
        kept = entry.key.endswith(".sig") and entry.key.startswith("manifests/" if trace == "signature" else "verif")
        if not kept:
            world.vault.remove(entry.key)
    age(world, "data/", 1000)
    before = world.objects()
    [said] = world.store.care.reap("shop", DAY)
    assert "who took its manifest away" in said
    assert world.objects() == before


def test_nobody_removes_it_by_the_back_door(world: World) -> None:
    with pytest.raises(Refused, match="who took its manifest away"):
        remove_leftover(world.vault, "shop", Leftover(backup="b", size=1, unfinished=False))
