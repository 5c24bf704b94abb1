"""The signed documents of backups in a vault, manifests and verifications, and the keys of backups."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from blocks.everywhere import Everywhere
from blocks.key_wrapping import unwrap
from blocks.keys import BackupKeys
from blocks.vaults.kind import Vault
from recovery.errors import Missing, NotProved
from recovery.manifest import Manifest, open_manifest
from recovery.signing import check_signature
from recovery.verification import Verification


class Shelf:
    """Every document is two objects: itself, `.json`, and its detached signature, `.sig`, which is written first."""

    def __init__(self, vault: Vault, keys: BackupKeys) -> None:
        self.vault, self._keys = vault, keys

    def backups(self, application: str) -> list[str]:
        """The identifiers of all backups, also of those of which only the signature is left."""
        prefix = f"manifests/{application}/"
        names = {entry.key.removeprefix(prefix).rpartition(".")[0] for entry in self.vault.entries(prefix)}
        return sorted(name for name in names if name)

    def manifest(self, application: str, backup: str) -> Manifest:
        """Raises:
        NotProved: it is missing, not what was signed, or another backup's.
        """
        what, path = f"The manifest of backup {backup} of {application}", f"manifests/{application}/{backup}"
        data = self._read(f"{path}.json")
        if data is None:
            raise NotProved(f"{what} is missing: the backup was never finished, or it was removed.")
        manifest = open_manifest(what, data, self._read(f"{path}.sig"), self._keys.trusted)
        if (manifest.application, manifest.backup) != (application, backup):
            raise NotProved(f"{what} is that of backup {manifest.backup} of {manifest.application}: it was swapped.")
        return manifest

    def verifications(self, application: str, since: str = "") -> list[Verification]:
        """Every record whose signature holds, the oldest first; of this backup and newer ones."""
        prefix = f"verifications/{application}/"
        keys = [entry.key for entry in self.vault.entries(prefix) if entry.key >= f"{prefix}{since}"]
        with ThreadPoolExecutor(8) as pool:
            found = [*pool.map(self._verification, [key for key in keys if key.endswith(".json")])]
        return sorted((record for record in found if record), key=lambda record: record.at)

    def unwrap(self, manifest: Manifest) -> str:
        """The age identities that open the backup, one a line.

        Raises:
            Missing, NotProved: its key object is gone, does not open with ours, or is another backup's.
        """
        return unwrap(self.vault, self._keys, manifest)

    def verification_faults(self, application: str) -> list[str]:
        """One sentence for every record that does not count, and why: somebody wrote to the vault."""
        keys = [entry.key for entry in self.vault.entries(f"verifications/{application}/")]
        stems = sorted({key.rpartition(".")[0] for key in keys})
        with ThreadPoolExecutor(8) as pool:
            found = [*pool.map(self._verification_fault, [f"{stem}.json" for stem in stems])]
        return [fault for fault in found if fault]

    def _verification_fault(self, key: str) -> str | None:
        try:
            self._checked_verification(key)
        except NotProved as error:
            return error.what
        return None

    def _verification(self, key: str) -> Verification | None:
        """The record, or None where it is forged, unreadable, or another backup's."""
        try:
            return self._checked_verification(key)
        except NotProved:
            return None

    def _checked_verification(self, key: str) -> Verification:
        data, what = self._read(key), f"The verification record {key}"
        if data is None:
            raise NotProved(f"{what} is missing, though its signature is there: it was removed.")
        check_signature(what, data, self._read(f"{key.removesuffix('.json')}.sig"), self._keys.trusted)
        try:
            record = Verification.model_validate_json(data)
        except ValueError as error:
            raise NotProved(f"{what} is signed but cannot be read.") from error
        if key != f"{_verification_path(record)}.json":
            raise NotProved(f"{what} is that of backup {record.backup} of {record.application}: it was copied.")
        return record

    def _read(self, key: str) -> bytes | None:
        try:
            return self.vault.get(key).data
        except Missing:
            return None


def write_manifest(vault: Everywhere, application: str, backup: str, data: bytes, signature: bytes) -> None:
    """From the moment the manifest is there, the backup is."""
    _write(vault, f"manifests/{application}/{backup}", data, signature)


def write_verification(vault: Everywhere, record: Verification, data: bytes, signature: bytes) -> None:
    _write(vault, _verification_path(record), data, signature)


def _write(vault: Everywhere, path: str, data: bytes, signature: bytes) -> None:
    vault.put(f"{path}.sig", signature)
    vault.put(f"{path}.json", data)


def _verification_path(record: Verification) -> str:
    return f"verifications/{record.application}/{record.backup}/{record.at:%Y%m%dT%H%M%S%fZ}"


@contextlib.contextmanager
def naming(manifest: Manifest) -> Iterator[None]:
    """Makes every fault of a backup's objects name the backup, and a missing object a fault of the backup."""
    try:
        yield
    except (Missing, NotProved) as error:
        raise NotProved(
            f"Backup {manifest.backup} of {manifest.application} is not whole: {error.what}",
            changed=error.changed,
            remedy=error.remedy or "Restore another backup: the list says which ones were proved.",
        ) from error
