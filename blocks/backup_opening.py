"""Opening what a manifest names, from whichever vault has it whole."""

import io
from collections.abc import Sequence

from blocks.backup_shelf import naming
from blocks.shelves import Shelves
from recovery.manifest import Manifest
from recovery.opening import unseal_all
from recovery.sealing import Sealed
from recovery.streams import Sink


def open_streams(shelves: Shelves, manifest: Manifest, streams: Sequence[Sealed], into: Sink) -> None:
    """Writes the plain bytes of these streams, one after another.

    Raises:
        NotProved: an object is missing, or not what was stored; the message names backup and object.
    """
    with naming(manifest):
        identities = shelves.first(lambda shelf: shelf.unwrap(manifest))
        chunks = {chunk.key: chunk for each in streams for chunk in each.chunks}
        unseal_all(streams, identities, lambda key: shelves.chunk(chunks[key]), into)


def open_bytes(shelves: Shelves, manifest: Manifest, sealed: Sealed) -> bytes:
    """The same of one stream, which is small.

    Raises:
        NotProved: as for `open_streams`.
    """
    collected = io.BytesIO()
    open_streams(shelves, manifest, [sealed], collected)
    return collected.getvalue()
