"""Backups with a history, ways to damage what lies in the vault, and everything that looks for damage.

`DAMAGES` is the list that `docs/corruption.md` shows. What is done to a restored copy is in `corruption_restored.py`.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from pathlib import Path

from blake3 import blake3

from blocks.backups import BackupStore
from blocks.keys import BackupKeys
from blocks.sources.kind import Source
from blocks.vaults.kind import Vault
from recovery.errors import NotProved, RecoveryError
from recovery.freshness import newest_expected
from recovery.manifest import Manifest, canonical
from recovery.origin import moved_origins
from recovery.part import Part
from recovery.sealing import Sealed
from recovery.signing import sign

KEYS, STRANGER = BackupKeys.generate(), BackupKeys.generate()
CHUNK = 16 * 1024
HOURLY, ALLOWANCE = "0 * * * *", timedelta(minutes=15)


@dataclass(frozen=True)
class Scene:
    """Two backups of one application and one of another, the newer one proved.

    Args:
        part: the part that is damaged; it has at least three chunks.
        elsewhere: what the other application's backup is of.
        keys: who looks.
        hours: how long after the newest backup somebody looks.
    """

    vault: Vault
    old: Manifest
    new: Manifest
    other: Manifest
    part: str
    elsewhere: Source
    keys: BackupKeys = field(default_factory=lambda: KEYS)
    hours: float = 0.1  # within the allowance, so that no minute of the hour makes a scheduled backup due

    @property
    def store(self) -> BackupStore:
        return BackupStore(self.vault, self.keys, CHUNK)

    def objects(self) -> list[str]:
        """Every object of the newer backup: manifest, signature, key, chunks, verification."""
        return [entry.key for entry in self.vault.entries("") if self.new.backup in entry.key]

    def read(self, key: str) -> bytes:
        return self.vault.get(key).data

    def copy(self, source: str, target: str) -> None:
        self.vault.put(target, self.read(source))

    def swap(self, one: str, two: str) -> None:
        first, second = self.read(one), self.read(two)
        self.vault.put(one, second)
        self.vault.put(two, first)

    def chunk(self, number: int, of: str = "new") -> str:
        manifest: Manifest = getattr(self, of)
        return manifest.part(self.part if of != "other" else manifest.parts[0].name).archives[0].chunks[number].key

    @property
    def path(self) -> str:
        return f"manifests/shop/{self.new.backup}"

    def sign_anew(self, **changes: object) -> None:
        """What only a holder of the signing key could do, or a defect of ours."""
        data = canonical(self.new.model_copy(update=changes))
        self.vault.put(f"{self.path}.json", data)
        self.vault.put(f"{self.path}.sig", sign(data, KEYS.secret_signing_key()))

    def forge_digests(self) -> None:
        """The manifest says of every chunk what it now is, and is signed anew."""
        parts = []
        for part in self.new.parts:
            chunks = tuple(
                chunk.model_copy(update={"size": len(data), "digest": blake3(data).hexdigest()})
                for chunk in part.archives[0].chunks
                for data in [self.read(chunk.key)]
            )
            parts.append(with_archive(part, part.archives[0].model_copy(update={"chunks": chunks})))
        self.sign_anew(parts=tuple(parts))


def with_archive(part: Part, archive: Sealed) -> Part:
    """The part with another archive in place of its first."""
    if not part.groups:
        return part.model_copy(update={"archive": archive})
    group = part.groups[0].model_copy(update={"archive": archive})
    return part.model_copy(update={"groups": (group, *part.groups[1:])})


def scene_of(vault: Vault, sources: Mapping[str, Source], part: str, other: Mapping[str, Source]) -> Scene:
    store = BackupStore(vault, KEYS, CHUNK)
    old, new = store.take("shop", sources, _quiet), store.take("shop", sources, _quiet)
    for manifest in (old, new):
        store.attest(manifest, {part: "Equal to its source."}, "proved equal", 1.0)
    [elsewhere] = other.values()
    return Scene(vault, old, new, store.take("blog", other, _quiet), part, elsewhere)


def look(scene: Scene) -> list[str]:
    """Everything that is found wrong with the newest backup, short of restoring it. Nothing where all is well."""
    store, found = scene.store, []
    listed = store.list("shop")
    found += [each.reason for each in listed if each.manifest is None]
    newest = max((each.manifest.taken_at for each in listed if each.manifest), default=None)
    moment = scene.new.taken_at.astimezone(UTC) + timedelta(hours=scene.hours)
    fresh = newest_expected(newest, HOURLY, "UTC", moment, ALLOWANCE)
    found += [fresh.sentence] if fresh.verdict == "refuse" else []
    found += store.verification_faults("shop")
    found += _of_retention(store)
    whole = [each.manifest for each in listed if each.manifest and each.backup == scene.new.backup]
    for manifest in whole:
        found += moved_origins(manifest, scene.old)
        found += [fault for part in manifest.parts for fault in _opened(store, manifest, part.name)]
    return found


def _of_retention(store: BackupStore) -> list[str]:
    try:
        store.care.leftovers("shop", timedelta(hours=24))
    except RecoveryError as error:
        return [str(error)]
    return []


def _opened(store: BackupStore, manifest: Manifest, part: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            store.fetch(manifest, part, Path(folder, "archive"), _quiet)
            store.expected(manifest, part)
        except NotProved as error:
            return [str(error)]
    return []


def damage_at(data: bytes, at: int, bit: int) -> bytes:
    """The bytes with one bit flipped."""
    flipped = bytearray(data)
    flipped[at] ^= 1 << bit
    return bytes(flipped)


def by_stranger(scene: Scene) -> Scene:
    return replace(scene, keys=STRANGER.model_copy(update={"trusted": KEYS.trusted}))


def _quiet(line: str) -> None:
    assert line


Strike = Callable[[Scene], object]
