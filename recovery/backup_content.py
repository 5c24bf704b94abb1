"""The sealed content of a backup's part, read and held against the signed manifest."""

from recovery.content import Content
from recovery.errors import NotProved
from recovery.manifest import Manifest, Part


def read_content(manifest: Manifest, part: Part, data: bytes) -> Content:
    """What a part's source held, from the plain bytes of its `content`.

    Raises:
        NotProved: it cannot be read, or tells of another source, moment or number of items than the signed manifest.
    """
    what = f"The content of {part.name} of backup {manifest.backup} of {manifest.application}"
    try:
        content = Content.model_validate_json(data)
    except ValueError as error:
        raise NotProved(f"{what} cannot be read.", remedy="Read it with the version that wrote it.") from error
    told = (content.kind, content.origin, content.taken_at, len(content.items))
    if told != (part.kind, part.origin, part.taken_at, part.items):
        raise NotProved(f"{what} is not that of its manifest: it tells of {content.origin} at {content.taken_at}.")
    return content
