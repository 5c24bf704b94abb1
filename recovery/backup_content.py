"""The sealed content of a backup's part, read and held against the signed manifest."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from recovery.content import Content, Item
from recovery.errors import NotProved
from recovery.manifest import Manifest
from recovery.part import Part
from recovery.sealing import Sealed


def read_content(manifest: Manifest, part: Part, data: Iterable[bytes]) -> Content:
    """What a part's source held, from the plain bytes of `contents_of`, in that order.

    Raises:
        NotProved: it cannot be read, or tells of another source, moment or number of items than the signed manifest.
    """
    items: dict[str, Item] = {}
    traits: dict[str, str] = {}
    what = f"The content of {part.name} of backup {manifest.backup} of {manifest.application}"
    for (_, taken_at, count), each in zip(_contents(part), data, strict=True):
        content = _read(what, each)
        told = (content.kind, content.origin, content.taken_at, len(content.items))
        if told != (part.kind, part.origin, taken_at, count):
            raise NotProved(f"{what} is not that of its manifest: it tells of {content.origin} at {content.taken_at}.")
        items |= content.items
        traits |= content.traits
    if len(items) != part.items:
        raise NotProved(f"{what} is not that of its manifest: two of its groups hold the same files.")
    return content.model_copy(update={"items": items, "traits": traits})


def contents_of(part: Part) -> list[Sealed]:
    """The sealed contents of a part: of each group, and of the rest."""
    return [sealed for sealed, _, _ in _contents(part)]


def _contents(part: Part) -> Iterator[tuple[Sealed, datetime, int]]:
    """Each with its moment and its number of items. The rest is the last."""
    for group in part.groups:
        yield group.content, group.taken_at, group.items
    yield part.content, part.taken_at, part.items - sum(group.items for group in part.groups)


def _read(what: str, data: bytes) -> Content:
    try:
        return Content.model_validate_json(data)
    except ValueError as error:
        raise NotProved(f"{what} cannot be read.", remedy="Read it with the version that wrote it.") from error
