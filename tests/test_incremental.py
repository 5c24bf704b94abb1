"""Backups that name groups of earlier ones: what changed is sent, what is needed stays, and nothing else."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from incremental_fixtures import FILES, sent, small_groups, sources_of, world_fixture  # noqa: F401 - fixtures
from test_backups import CHUNK, KEYS, World, quiet

from blocks.backups import BackupStore
from blocks.key_wrapping import unwrap, wrapped_objects
from blocks.keys import BackupKeys
from blocks.sources import files_index
from blocks.sources.files import FilesSource
from blocks.sources.kind import Grouped, Reading
from recovery.errors import NotProved, Unreachable


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


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_a_folder_that_cannot_be_listed_is_said(world: World) -> None:
    live = world.folder / "live"
    live.rename(world.folder / "away")
    with pytest.raises(Unreachable, match="could not be listed"):
        list(groups_of(world, live))
    assert world.store.list("shop") == []


def groups_of(world: World, live: Path) -> Iterator[Reading]:
    live.mkdir()
    with world.sources["files"].read() as reading:
        live.rmdir()
        assert isinstance(reading, Grouped)
        yield from reading.groups()


def test_a_group_of_which_nothing_is_left_is_restored(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file of a group vanished between the listing and the reading."""
    listed = files_index.Listing(world.folder / "live")
    for path in (world.folder / "live").glob("file-*"):
        path.unlink()
    monkeypatch.setattr(files_index, "Listing", lambda folder: listed)
    manifest = world.take()
    assert 0 in [group.items for group in manifest.parts[0].groups]
    assert world.restore(world.store, manifest.backup).equal


def test_keys_that_open_nothing_send_everything(world: World) -> None:
    first = world.take()
    writing = KEYS.model_copy(update={"identity": None})
    second = BackupStore(world.vault, writing, CHUNK).take("shop", world.sources, quiet)
    assert set(sources_of(second)) == {second.backup}
    assert second.parts[0].groups != first.parts[0].groups
    assert world.restore(world.store, second.backup).equal


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
