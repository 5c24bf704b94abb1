"""The signed records of backups that their own provider keeps, in the vault."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from pydantic import ValidationError

from blocks.everywhere import Everywhere
from blocks.keys import BackupKeys
from blocks.vaults.kind import Vault
from recovery.errors import Missing, NotProved, RecoveryError
from recovery.manifest import canonical
from recovery.signing import check_signature, sign
from recovery.snapshots import SnapshotRecord


class SnapshotRecords:
    """Layout: `snapshots/<application>/<snapshot>/<time>.json` and `.sig`, the signature first."""

    def __init__(self, vaults: Mapping[str, Vault], keys: BackupKeys) -> None:
        self._vaults, self._keys = vaults, keys

    def write(self, record: SnapshotRecord) -> None:
        """Signs a record and puts it into every vault.

        Raises:
            RecoveryError: no vault took it.
        """
        data = canonical(record)
        path = f"snapshots/{record.application}/{record.snapshot}/{record.at:%Y%m%dT%H%M%S%fZ}"
        everywhere = Everywhere(self._vaults)
        everywhere.put(f"{path}.sig", sign(data, self._keys.secret_signing_key()))
        everywhere.put(f"{path}.json", data)

    def read(self, application: str, snapshot: str) -> list[SnapshotRecord]:
        """Every record whose signature holds, the oldest first, from every vault that can be read.

        Raises:
            RecoveryError: no vault can be read; the first one's reason.
        """
        found: dict[tuple[str, str], SnapshotRecord] = {}
        errors: list[RecoveryError] = []
        for vault in self._vaults.values():
            try:
                found |= {(one.reference, one.at.isoformat()): one for one in self._of(vault, application, snapshot)}
            except RecoveryError as error:
                errors.append(error)
        if len(errors) == len(self._vaults):
            raise errors[0]
        return sorted(found.values(), key=lambda one: one.at)

    def _of(self, vault: Vault, application: str, snapshot: str) -> list[SnapshotRecord]:
        entries = vault.entries(f"snapshots/{application}/{snapshot}/")
        keys = [entry.key for entry in entries if entry.key.endswith(".json")]
        with ThreadPoolExecutor(8) as pool:
            read = pool.map(lambda key: self._checked(vault, key), keys)
            return [one for one in read if one and (one.application, one.snapshot) == (application, snapshot)]

    def _checked(self, vault: Vault, key: str) -> SnapshotRecord | None:
        """The record, or None where it is forged or unreadable: it counts for nothing then."""
        try:
            data = vault.get(key).data
            signature = vault.get(f"{key.removesuffix('.json')}.sig").data
            check_signature(f"The record {key}", data, signature, self._keys.trusted)
            return SnapshotRecord.model_validate_json(data)
        except (Missing, NotProved, ValidationError):
            return None
