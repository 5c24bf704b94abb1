"""Removing what a backup wrote, but for what other backups need of it."""

from blocks.sharing import claimed, removal
from blocks.vaults.kind import Vault
from recovery.errors import Refused


def remove_objects(vault: Vault, application: str, backup: str, prefix: str) -> None:
    """Removes all of a backup but its verifications, the manifest first: from then on it is none.

    Groups of files that other backups name stay. Idempotent.

    Raises:
        Refused: a lock holds an object; the others are gone.
        RecoveryError: the vault does not allow it, could not be reached, or what others need cannot be read.
    """
    with removal(vault, application, backup):
        needed = claimed(vault, application, but=backup)
        refused = _remove(vault, application, backup, prefix, needed)
    if refused:
        raise refused[0]


def remove_data(vault: Vault, application: str, backup: str) -> None:
    """Removes the data of a backup that has no manifest, but for what other backups need of it.

    Raises:
        Refused, RecoveryError: as for `remove_objects`.
    """
    remove_objects(vault, application, backup, f"data/{application}/{backup}/")


def remove_unfinished(vault: Vault, application: str, backup: str, prefix: str) -> None:
    """Removes what was written of a backup that failed. Without a manifest nobody else can have named any of it, so no
    mark is written: the vault may be full.

    Raises:
        Refused, RecoveryError: as for `remove_objects`.
    """
    manifest = f"manifests/{application}/{backup}.json"
    if any(entry.key == manifest for entry in vault.entries(manifest)):
        remove_objects(vault, application, backup, prefix)
    elif refused := _remove(vault, application, backup, prefix, set()):
        raise refused[0]


def _remove(vault: Vault, application: str, backup: str, prefix: str, needed: set[str]) -> list[Refused]:
    for ending in (".json", ".sig"):
        vault.remove(f"manifests/{application}/{backup}{ending}")
    return [error for entry in vault.entries(prefix) if (error := _removed(vault, entry.key, needed))]


def _removed(vault: Vault, key: str, needed: set[str]) -> Refused | None:
    if key not in needed:
        try:
            vault.remove(key)
        except Refused as error:
            return error
    return None
