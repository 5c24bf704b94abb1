"""Whether a vault holds a whole copy of a backup, and making one where it does not."""

from blake3 import blake3

from blocks.backup_shelf import Shelf
from recovery.errors import NotProved
from recovery.manifest import Manifest
from recovery.sealing import Chunk


def chunks_of(manifest: Manifest) -> list[Chunk]:
    """Every chunk of a backup."""
    return [chunk for part in manifest.parts for sealed in (part.archive, part.content) for chunk in sealed.chunks]


def copy_fault(shelf: Shelf, manifest: Manifest) -> str | None:
    """What is wrong with one vault's copy as far as a list of its objects shows it, or None where it is whole.

    Raises:
        RecoveryError: the vault could not be read.
    """
    try:
        found = shelf.manifest(manifest.application, manifest.backup)
    except NotProved as error:
        return error.what
    if found.digest != manifest.digest:
        return f"Its manifest of {manifest.backup} is another one."
    sizes = {entry.key: entry.size for entry in shelf.vault.entries(manifest.prefix)}
    for key, size in [(chunk.key, chunk.size) for chunk in chunks_of(manifest)] + [(manifest.key, None)]:
        if key not in sizes:
            return f"{key} is missing."
        if size is not None and sizes[key] != size:
            return f"{key} has {sizes[key]} bytes, not {size}."
    return None


def copy_backup(manifest: Manifest, source: Shelf, target: Shelf) -> None:
    """Copies a backup object by object, each chunk checked on its way, the manifest last.

    Raises:
        NotProved: a chunk is damaged at its source. No manifest was written.
        RecoveryError: a vault failed. No manifest was written.
    """
    for chunk in chunks_of(manifest):
        data = source.vault.get(chunk.key).data
        if blake3(data).hexdigest() != chunk.digest:
            raise NotProved(f"{chunk.key} is damaged: it was not copied.", changed="The copy has no manifest.")
        target.vault.put(chunk.key, data)
    name = f"{manifest.application}/{manifest.backup}"
    for prefix in (f"{manifest.prefix}key", f"verifications/{name}/", f"manifests/{name}."):
        # A signature goes before what it signs, as whoever takes a backup writes them.
        for entry in reversed(source.vault.entries(prefix)):
            target.vault.put(entry.key, source.vault.get(entry.key).data)
