"""Every way in which a backup in its vault is damaged here, which check finds it, and in which words."""

from dataclasses import dataclass, replace

import pyrage
import zstandard
from corruption import STRANGER, Scene, Strike, by_stranger, damage_at, with_archive

from recovery.manifest import canonical
from recovery.sealing import Sealed
from recovery.signing import sign


@dataclass(frozen=True)
class Damage:
    """Args:
    what: what was done, as the docs say it.
    check: which check finds it.
    words: what the message says; `{chunk}`, `{key}`, `{new}`, `{old}` and `{part}` stand for names.
    strike: does it; where it returns a scene, that one is looked at, else the struck one.
    """

    what: str
    check: str
    words: str
    strike: Strike


def flip(scene: Scene, key: str, at: int = 5000) -> None:
    scene.vault.put(key, damage_at(scene.read(key), at, 3))


def _cut(scene: Scene, key: str, size: int) -> None:
    scene.vault.put(key, scene.read(key)[:size])


def _forged(scene: Scene, strike: Strike) -> None:
    strike(scene)
    scene.forge_digests()


def _dropped(scene: Scene, kept: slice) -> None:
    """A manifest that names fewer chunks, signed by the right key."""
    part = scene.new.part(scene.part)
    fewer = part.archives[0].model_copy(update={"chunks": part.archives[0].chunks[kept]})
    _archive_of(scene, fewer)


def _archive_of(scene: Scene, archive: Sealed, **changes: object) -> None:
    part = scene.new.part(scene.part)
    others = tuple(each for each in scene.new.parts if each.name != scene.part)
    scene.sign_anew(parts=(with_archive(part, archive).model_copy(update=changes), *others))


def _sealed_anew(scene: Scene, data: bytes) -> None:
    """Anybody can encrypt for a backup's public key. Signed anew, too, which nobody can without the signing key."""
    whole = pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(scene.new.recipient)])
    scene.vault.put(scene.chunk(0), whole)
    _dropped(scene, slice(0, 1))
    scene = replace(scene, new=scene.store.manifest("shop", scene.new.backup))
    scene.forge_digests()


def _edit(scene: Scene, **changes: object) -> None:
    scene.vault.put(f"{scene.path}.json", canonical(scene.new.model_copy(update=changes)))


def _replay(scene: Scene) -> None:
    """The old manifest and its signature, both true, under the new one's name."""
    for ending in (".json", ".sig"):
        scene.copy(f"manifests/shop/{scene.old.backup}{ending}", scene.path + ending)


def _replay_whole(scene: Scene) -> None:
    """Every object of the old backup under the new one's name."""
    for entry in scene.vault.entries(f"data/shop/{scene.new.backup}/"):
        scene.vault.remove(entry.key)
    for entry in scene.vault.entries(f"data/shop/{scene.old.backup}/"):
        scene.copy(entry.key, entry.key.replace(scene.old.backup, scene.new.backup))
    _replay(scene)


def _other_application(scene: Scene) -> None:
    for ending in (".json", ".sig"):
        scene.copy(f"manifests/blog/{scene.other.backup}{ending}", scene.path + ending)


def _remove_all(scene: Scene) -> Scene:
    for key in scene.objects():
        scene.vault.remove(key)
    for entry in scene.vault.entries("verifications/"):
        scene.vault.remove(entry.key)
    return replace(scene, hours=26)


def _record(scene: Scene) -> str:
    [key] = [key for key in scene.objects() if key.startswith("verifications/") and key.endswith(".json")]
    return key


def _forge_record(scene: Scene) -> None:
    data = scene.read(_record(scene)).replace(b"proved equal", b"application answered")
    scene.vault.put(_record(scene), data)
    scene.vault.put(_record(scene).replace(".json", ".sig"), sign(data, STRANGER.secret_signing_key()))


def _copy_record(scene: Scene) -> None:
    record = _record(scene)
    for ending in (".json", ".sig"):
        source = record.replace(".json", ending)
        scene.copy(source, source.replace(scene.new.backup, scene.old.backup))


def _wrong_place(scene: Scene) -> Scene:
    """A true backup under the right name, of another place, as where a block was set wrongly."""
    wrong = scene.store.take("shop", {scene.part: scene.elsewhere}, lambda line: None)
    return replace(scene, new=wrong)


def _contradicted(scene: Scene) -> None:
    _archive_of(scene, scene.new.part(scene.part).archives[0], items=77)


DAMAGES = (
    Damage("a bit flipped in a chunk", "chunk digest", "{chunk} has the right size but another digest",
           lambda s: flip(s, s.chunk(1))),
    Damage("a chunk cut short by a byte", "chunk digest", "{chunk} has 16383 bytes, not 16384: it was cut short",
           lambda s: _cut(s, s.chunk(1), 16383)),
    Damage("a chunk emptied", "chunk digest", "{chunk} has 0 bytes, not 16384", lambda s: _cut(s, s.chunk(1), 0)),
    Damage("a chunk extended", "chunk digest", "{chunk} has 16385 bytes, not 16384",
           lambda s: s.vault.put(s.chunk(1), s.read(s.chunk(1)) + b"x")),
    Damage("a chunk missing", "chunk digest", "{chunk} is not in the vault", lambda s: s.vault.remove(s.chunk(1))),
    Damage("chunks swapped within a part", "chunk digest", "{chunk} has the right size but another digest",
           lambda s: s.swap(s.chunk(1), s.chunk(2))),
    Damage("chunks swapped between parts", "chunk digest", "{chunk} has ",
           lambda s: s.swap(s.chunk(1), next(p for p in s.new.parts if p.name != s.part).content.chunks[0].key)),
    Damage("chunks swapped between backups", "chunk digest", "{chunk} has the right size but another digest",
           lambda s: s.swap(s.chunk(1), s.chunk(1, "old"))),
    Damage("the chunk of an old backup in place of a new one's", "chunk digest", "{chunk} has the right size but",
           lambda s: s.copy(s.chunk(1, "old"), s.chunk(1))),
    Damage("the wrong age identity", "key", "{key} does not open with our age identity", lambda s: by_stranger(s)),
    Damage("a bit flipped in the backup's key", "key", "{key} does not open", lambda s: flip(s, s.new.key, 150)),
    Damage("the backup's key missing", "key", "{key} is not in the vault", lambda s: s.vault.remove(s.new.key)),
    Damage("another backup's key in its place", "key", "{key} holds the key of another backup",
           lambda s: s.copy(s.old.key, s.new.key)),
    Damage("a bit flipped, and the chunk's digest signed anew", "age", "cannot be decrypted",
           lambda s: _forged(s, lambda s: flip(s, s.chunk(1)))),
    Damage("chunks swapped, and their digests signed anew", "age", "cannot be decrypted",
           lambda s: _forged(s, lambda s: s.swap(s.chunk(1), s.chunk(0)))),
    Damage("chunks of an old backup, and their digests signed anew", "age", "cannot be decrypted",
           lambda s: _forged(s, lambda s: s.copy(s.chunk(0, "old"), s.chunk(0)))),
    Damage("the last chunk left out of a manifest that is signed anew", "age", "cannot be decrypted",
           lambda s: _dropped(s, slice(0, -1))),
    Damage("another part's data under this part's name, signed anew", "plain digest", "is not what was backed up",
           lambda s: _archive_of(s, s.new.part(s.part).archives[0].model_copy(
               update={"chunks": next(p for p in s.new.parts if p.name != s.part).archives[0].chunks}))),
    Damage("other bytes, encrypted for this backup's key and signed anew", "zstd", "zstd says zstd decompress error",
           lambda s: _sealed_anew(s, b"not compressed by zstd")),
    Damage("other data, compressed, encrypted and signed anew", "plain digest",
           "is not what was backed up: it has 5 bytes",
           lambda s: _sealed_anew(s, zstandard.compress(b"other"))),
    Damage("the manifest missing", "listing", "The manifest of backup {new} of shop is missing",
           lambda s: s.vault.remove(f"{s.path}.json")),
    Damage("a manifest's field edited", "signature", "The manifest of backup {new} of shop is not what was signed",
           lambda s: _edit(s, taken_at=s.new.finished_at)),
    Damage("a manifest cut short", "signature", "The manifest of backup {new} of shop is not what was signed",
           lambda s: _cut(s, f"{s.path}.json", 500)),
    Damage("a signature stripped", "signature", "The manifest of backup {new} of shop has no signature",
           lambda s: s.vault.remove(f"{s.path}.sig")),
    Damage("a signature cut short", "signature", "has a damaged signature: 63 bytes, not 64",
           lambda s: _cut(s, f"{s.path}.sig", 63)),
    Damage("a signature by a key that is not trusted", "signature", "or a key that is not trusted signed it",
           lambda s: s.vault.put(f"{s.path}.sig",
                                 sign(s.read(f"{s.path}.json"), STRANGER.secret_signing_key()))),
    Damage("a signature of another manifest", "signature",
           "The manifest of backup {new} of shop is not what was signed",
           lambda s: s.copy(f"manifests/shop/{s.old.backup}.sig", f"{s.path}.sig")),
    Damage("an old manifest and its signature under a new name (replay)", "identity",
           "is that of backup {old} of shop: it was swapped", _replay),
    Damage("a whole old backup in place of a new one", "identity", "is that of backup {old} of shop: it was swapped",
           _replay_whole),
    Damage("another application's backup in place of this one's", "identity", "of blog: it was swapped",
           _other_application),
    Damage("a backup of the wrong database or folder", "origin", "it is a backup of another place, unless the "
           "application was moved", _wrong_place),
    Damage("a content that contradicts its manifest, signed anew", "manifest",
           "The content of {part} of backup {new} of shop is not that of its manifest", _contradicted),
    Damage("the newest backups removed whole", "freshness", "backups are missing or were removed", _remove_all),
    Damage("a verification record edited", "signature", "is not what was signed: it was changed afterwards",
           lambda s: s.vault.put(_record(s), s.read(_record(s)).replace(b"proved equal", b"application answered"))),
    Damage("a verification record forged", "signature", "or a key that is not trusted signed it", _forge_record),
    Damage("a verification record copied from another backup", "identity", "is that of backup {new} of shop: it was "
           "copied", _copy_record),
    Damage("a verification record's signature stripped", "signature",
           "The verification record {record} has no signature",
           lambda s: s.vault.remove(_record(s).replace(".json", ".sig"))),
    Damage("a verification record removed, its signature left", "listing",
           "The verification record {record} is missing",
           lambda s: s.vault.remove(_record(s))),
)  # fmt: skip


def words_of(damage: Damage, scene: Scene) -> str:
    """The words expected of this scene. To be asked for before it is damaged."""
    return damage.words.format(
        chunk=scene.chunk(1), key=scene.new.key, new=scene.new.backup, old=scene.old.backup, part=scene.part,
        record=_record(scene),
    )  # fmt: skip
