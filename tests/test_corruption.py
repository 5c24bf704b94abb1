"""Whatever is done to a backup in its vault is found, and named."""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from corruption import CHUNK, KEYS, Scene, damage_at, look, scene_of
from corruption_damages import DAMAGES, Damage, words_of
from corruption_reused import REUSED
from corruption_reused import words_of as words_of_reused
from postgresql_place import PostgresPlace, source
from server_fixtures import Cluster, S3Store, primary, s3_store, standby  # noqa: F401 - fixtures
from test_vaults import s3_vault

from blocks.sources import files_index
from blocks.sources.files import FilesSource
from blocks.vaults.folder import FolderVault
from blocks.vaults.kind import Vault
from recovery.errors import NotProved
from recovery.manifest import canonical_json, open_manifest

AGE_BLOCK = 64 * 1024 + 16


def folder_of(path: Path, seed: int, size: int = 50_000) -> FilesSource:
    (path / "sub").mkdir(parents=True)
    (path / "noise").write_bytes(random.Random(seed).randbytes(size))
    (path / "sub" / "text").write_text(f"text {seed}")
    return FilesSource(folder=str(path))


def files_scene(folder: Path, vault: Vault) -> Scene:
    sources = {"files": folder_of(folder / "a", 1), "more": folder_of(folder / "b", 2)}
    return scene_of(vault, sources, "files", {"posts": folder_of(folder / "c", 3)})


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scene]:
    folder = tmp_path_factory.mktemp("corruption")
    (folder / "vault").mkdir()
    return folder / "vault", files_scene(folder, FolderVault(folder=str(folder / "vault")))


@pytest.fixture
def scene(untouched: tuple[Path, Scene], tmp_path: Path) -> Scene:
    return cloned(*untouched, tmp_path / "vault")


def cloned(folder: Path, scene: Scene, into: Path) -> Scene:
    shutil.copytree(folder, into)
    return replace(scene, vault=FolderVault(folder=str(into)))


def strike(damage: Damage, scene: Scene, words_of: Callable[[Damage, Scene], str] = words_of) -> None:
    """Does it, and demands that it is found in the words that were promised."""
    words = words_of(damage, scene)
    after = damage.strike(scene)
    found = look(after if isinstance(after, Scene) else scene)
    assert any(words in each for each in found), f"{damage.what}: expected {words!r}, found {found}"


def test_an_untouched_backup_is_found_whole(scene: Scene) -> None:
    assert look(scene) == []
    assert len(scene.new.part("files").archives[0].chunks) >= 3
    assert len(scene.objects()) >= 14


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.what)
def test_every_damage_is_found_and_named(scene: Scene, damage: Damage) -> None:
    strike(damage, scene)


@pytest.fixture(scope="session")
def untouched_reuse(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scene]:
    """The newer backup names every group of the older one, of which nothing but these groups is left."""
    folder = tmp_path_factory.mktemp("reuse")
    (folder / "vault").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files_index, "RESTED_SECONDS", 0.0)
        patch.setattr(files_index, "GROUP_BYTES", 40_000)
        scene = files_scene(folder, FolderVault(folder=str(folder / "vault")))
    scene.store.care.remove("shop", scene.old.backup)
    return folder / "vault", scene


@pytest.fixture
def reuse(untouched_reuse: tuple[Path, Scene], tmp_path: Path) -> Scene:
    return cloned(*untouched_reuse, tmp_path / "vault")


def test_an_untouched_backup_of_reused_groups_is_found_whole(reuse: Scene) -> None:
    assert look(reuse) == []
    assert {group.backup for group in reuse.new.part("files").groups} == {reuse.old.backup}
    assert len(reuse.new.part("files").groups) == 2


@pytest.mark.parametrize("damage", REUSED, ids=lambda damage: damage.what)
def test_every_damage_of_a_reused_group_is_found_and_named(reuse: Scene, damage: Damage) -> None:
    strike(damage, reuse, words_of_reused)


@pytest.mark.slow
def test_damaged_bytes_anywhere_in_a_reused_group_are_found(reuse: Scene) -> None:
    keys = [chunk.key for group in reuse.new.reused for chunk in group.chunks]
    dice, unfound = random.Random(9), []
    for key in keys:
        whole = reuse.read(key)
        for how, data in cases(whole, 2, dice).items():
            reuse.vault.put(key, data)
            unfound += [] if any(key in each for each in look(reuse)) else [f"{key}: {how}"]
        reuse.vault.put(key, whole)
    assert len(keys) >= 6
    assert not unfound
    assert look(reuse) == []


def cases(whole: bytes, flips: int, dice: random.Random) -> dict[str, bytes]:
    """What an object is damaged to: a bit flipped, cut short; with more flips, in more ways too."""
    size = len(whole)
    offsets, lengths = {dice.randrange(size)}, {size - 1}
    found = {}
    if flips:
        offsets |= {0, size - 1, *(dice.randrange(size) for _ in range(flips))}
        lengths |= {0, 1, size // 2, size - 16, CHUNK, AGE_BLOCK, dice.randrange(size)}
        found = {"a byte more": whole + b"\0", "doubled": whole + whole, "zeroed": bytes(size)}
    found |= {f"bit at {at}": damage_at(whole, at, dice.randrange(8)) for at in offsets}
    return found | {f"cut to {length}": whole[:length] for length in lengths if 0 <= length < size}


def every_damage_of_bytes(scene: Scene, flips: int, seed: int) -> tuple[int, list[str]]:
    """Damages every object in many ways. Returns how often, and what was not found."""
    dice, tried, unfound = random.Random(seed), 0, []
    for key in scene.objects():
        whole = scene.read(key)
        for how, data in cases(whole, flips, dice).items():
            scene.vault.put(key, data)
            unfound += _unnamed(scene, key, how)
            tried += 1
        scene.vault.remove(key)
        unfound += _unnamed(scene, key, "missing")
        scene.vault.put(key, whole)
    return tried, unfound


def _unnamed(scene: Scene, key: str, how: str) -> list[str]:
    """A complaint, unless something was found, and it names the object, or for a manifest its backup."""
    name = scene.new.backup if key.startswith("manifests/") else key.removesuffix(".sig").removesuffix(".json")
    return [] if any(name in each for each in look(scene)) else [f"{key}: {how}"]


def test_damaged_bytes_anywhere_are_found_and_the_object_named(scene: Scene) -> None:
    tried, unfound = every_damage_of_bytes(scene, flips=0, seed=7)
    assert not unfound
    assert tried >= 14 * 2
    assert look(scene) == []


def edited(value: object) -> Iterator[object]:
    """The document once for every value in it, with that one changed."""
    if isinstance(value, dict):
        for name in value:
            yield from (value | {name: other} for other in edited(value[name]))
            yield {each: value[each] for each in value if each != name}
    elif isinstance(value, list) and value:
        for at, inner in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in edited(inner))
        yield value[1:]
    else:
        yield {str: f"{value}0", int: 7, type(None): "2026-01-01T00:00:00Z"}.get(type(value), "x")


def test_every_value_of_a_manifest_is_signed(scene: Scene) -> None:
    signature, whole = scene.read(f"{scene.path}.sig"), json.loads(scene.read(f"{scene.path}.json"))
    documents = [canonical_json(each) for each in edited(whole)]
    assert len(documents) > 90
    for data in documents:
        with pytest.raises(NotProved, match="The manifest is not what was signed"):
            open_manifest("The manifest", data, signature, KEYS.trusted)
    assert open_manifest("The manifest", canonical_json(whole), signature, KEYS.trusted) == scene.new


@pytest.mark.slow
class TestOnRealServers:
    """PostgreSQL and files together."""

    @pytest.fixture
    def place(self, primary: Cluster, standby: Cluster) -> Iterator[PostgresPlace]:  # noqa: F811
        place = PostgresPlace(primary, standby)
        yield place
        place.drop()

    def sources(self, place: PostgresPlace, folder: Path) -> dict[str, object]:
        return {"db": place.source, "files": folder_of(folder / "a", 1)}

    def test_in_a_folder_vault(self, place: PostgresPlace, tmp_path: Path) -> None:
        (tmp_path / "vault").mkdir()
        vault = FolderVault(folder=str(tmp_path / "vault"))
        scene = scene_of(
            vault, self.sources(place, tmp_path), "db", {"posts": source(place.primary, "postgres", "postgres")}
        )
        assert look(scene) == []
        assert len(scene.new.part("db").archives[0].chunks) >= 5
        for number, damage in enumerate(DAMAGES):
            strike(damage, cloned(tmp_path / "vault", scene, tmp_path / f"vault-{number}"))
        tried, unfound = every_damage_of_bytes(scene, flips=6, seed=11)
        assert not unfound
        assert tried > 200

    def test_in_an_s3_store(self, place: PostgresPlace, s3_store: S3Store, tmp_path: Path) -> None:  # noqa: F811
        vault = s3_vault(s3_store, "corruption/")
        scene = scene_of(
            vault, self.sources(place, tmp_path), "db", {"posts": source(place.primary, "postgres", "postgres")}
        )
        kept = {entry.key: scene.read(entry.key) for entry in vault.entries("")}
        for damage in DAMAGES[::4]:
            strike(damage, scene)
            _put_back(vault, kept)
        assert look(scene) == []


def _put_back(vault: Vault, kept: dict[str, bytes]) -> None:
    for entry in vault.entries(""):
        if entry.key not in kept:
            vault.remove(entry.key)
    for key, data in kept.items():
        vault.put(key, data)
