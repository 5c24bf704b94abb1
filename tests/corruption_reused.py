"""Every way in which a backup that names groups of an earlier one is damaged here. Beside `corruption_damages.py`."""

from corruption import KEYS, Scene
from corruption_damages import Damage, flip

from blocks.key_wrapping import unwrap, wrapped_objects
from blocks.sharing import claim_key
from recovery.part import Group


def _groups(scene: Scene, *groups: Group, items: int = 0) -> None:
    """A manifest that names these groups, signed by the right key."""
    part = scene.new.part(scene.part)
    others = tuple(each for each in scene.new.parts if each.name != scene.part)
    changed = part.model_copy(update={"groups": groups, "items": items or part.items})
    scene.sign_anew(parts=(changed, *others))


def _first(scene: Scene) -> Group:
    return scene.new.part(scene.part).groups[0]


def _second(scene: Scene) -> Group:
    return scene.new.part(scene.part).groups[1]


def _key_without_the_earlier_one(scene: Scene) -> None:
    own = unwrap(scene.vault, KEYS, scene.new).split()[0]
    for key, data in wrapped_objects(scene.new.key, own, KEYS, "shop", scene.new.backup).items():
        scene.vault.put(key, data)


def _named_twice(scene: Scene) -> None:
    groups = scene.new.part(scene.part).groups
    _groups(scene, *groups, groups[1], items=scene.new.part(scene.part).items + groups[1].items)


def _content_exchanged(scene: Scene) -> None:
    _groups(scene, _first(scene).model_copy(update={"content": _second(scene).content, "items": 7}), _second(scene))


def _index(scene: Scene) -> str:
    index = scene.new.part(scene.part).index
    assert index is not None
    return index.chunks[0].key


REUSED = (
    Damage("a bit flipped in a group that an earlier backup wrote", "chunk digest",
           "{chunk} has the right size but another digest", lambda s: flip(s, s.chunk(1))),
    Damage("a group that an earlier backup wrote is missing", "chunk digest", "{chunk} is not in the vault",
           lambda s: s.vault.remove(s.chunk(1))),
    Damage("groups swapped", "chunk digest", "{chunk} has ",
           lambda s: s.swap(s.chunk(1), _second(s).archive.chunks[0].key)),
    Damage("a group of another backup in its place", "chunk digest", "{chunk} has the right size but another digest",
           lambda s: s.copy(s.chunk(1, "other"), s.chunk(1))),
    Damage("a group of another backup named, signed anew", "key", "{key} lacks the key of backup {other}",
           lambda s: _groups(s, s.other.parts[0].groups[0], _second(s))),
    Damage("a group of another backup under this backup's name, signed anew", "age", "cannot be decrypted",
           lambda s: _groups(s, s.other.parts[0].groups[0].model_copy(
               update={"backup": s.old.backup, "recipient": _first(s).recipient}), _second(s))),
    Damage("a group left out of a manifest that is signed anew", "manifest",
           "The content of {part} of backup {new} of shop is not that of its manifest",
           lambda s: _groups(s, _first(s))),
    Damage("a group named twice, signed anew", "manifest", "two of its groups hold the same files", _named_twice),
    Damage("a group with the content of another, signed anew", "manifest",
           "The content of {part} of backup {new} of shop is not that of its manifest", _content_exchanged),
    Damage("the backup's key without the earlier backup's", "key", "{key} lacks the key of backup {old}",
           _key_without_the_earlier_one),
    Damage("a bit flipped in the index", "chunk digest", "{index} has the right size but another digest",
           lambda s: flip(s, _index(s), 100)),
    Damage("a claim of earlier backups' objects damaged", "claim", "{claim} cannot be read",
           lambda s: flip(s, claim_key("shop", s.new.backup), 0)),
)  # fmt: skip


def words_of(damage: Damage, scene: Scene) -> str:
    """The words expected of this scene. To be asked for before it is damaged."""
    return damage.words.format(
        chunk=scene.chunk(1), key=scene.new.key, new=scene.new.backup, old=scene.old.backup, other=scene.other.backup,
        part=scene.part, index=_index(scene), claim=claim_key("shop", scene.new.backup),
    )  # fmt: skip
