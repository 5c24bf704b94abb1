"""Whether a vault holds a whole copy of a backup, and making one where it does not."""

from blake3 import blake3

from blocks.backup_shelf import Shelf
from blocks.sharing import claim, claim_key, read_claim, under_removal
from blocks.vaults.kind import Vault
from recovery.errors import Conflict, NotProved, RecoveryError
from recovery.manifest import Manifest


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
    sizes = sizes_of(shelf.vault, manifest)
    for key, size in [(chunk.key, chunk.size) for chunk in manifest.chunks] + [(manifest.key, None)]:
        if key not in sizes:
            return f"{key} is missing."
        if size is not None and sizes[key] != size:
            return f"{key} has {sizes[key]} bytes, not {size}."
    return _claim_fault(shelf.vault, manifest)


def sizes_of(vault: Vault, manifest: Manifest) -> dict[str, int]:
    """Of every object that lies with a backup, or with an earlier one that it names groups of."""
    prefixes = {manifest.prefix, *(f"data/{manifest.application}/{group.backup}/" for group in manifest.reused)}
    return {entry.key: entry.size for prefix in prefixes for entry in vault.entries(prefix)}


def copy_backup(manifest: Manifest, source: Shelf, target: Shelf) -> None:
    """Copies a backup object by object, each chunk checked on its way, the manifest last.

    Raises:
        NotProved: a chunk is damaged at its source. No manifest was written.
        Conflict: groups that the backup names are being removed there. No manifest was written.
        RecoveryError: a vault failed. No manifest was written.
    """
    _claim(manifest, target.vault)
    for chunk in manifest.chunks:
        data = source.vault.get(chunk.key).data
        if blake3(data).hexdigest() != chunk.digest:
            raise NotProved(f"{chunk.key} is damaged: it was not copied.", changed="The copy has no manifest.")
        target.vault.put(chunk.key, data)
    name = f"{manifest.application}/{manifest.backup}"
    for prefix in (f"{manifest.prefix}key", f"verifications/{name}/", f"manifests/{name}."):
        # A signature goes before what it signs, as whoever takes a backup writes them.
        for entry in reversed(source.vault.entries(prefix)):
            target.vault.put(entry.key, source.vault.get(entry.key).data)


def _claim_fault(vault: Vault, manifest: Manifest) -> str | None:
    key = claim_key(manifest.application, manifest.backup)
    try:
        lacking = {chunk.key for group in manifest.reused for chunk in group.chunks} - set(read_claim(vault, key))
    except RecoveryError:
        return f"{key} is damaged."
    return f"{key} is missing, or does not name all that is needed." if lacking else None


def _claim(manifest: Manifest, vault: Vault) -> None:
    """Before anything is written, for nothing may go any more that the copy needs."""
    if not manifest.reused:
        return
    keys = [chunk.key for group in manifest.reused for chunk in group.chunks]
    vault.put(claim_key(manifest.application, manifest.backup), claim(keys))
    for backup in sorted({group.backup for group in manifest.reused}):
        if under_removal(vault, manifest.application, backup):
            raise Conflict(
                f"Objects of {backup}, which {manifest.backup} needs, are being removed: it was not copied.",
                changed="The copy has no manifest.",
                remedy="Try again. Where retention was killed, the mark goes when retention runs after a day.",
            )
