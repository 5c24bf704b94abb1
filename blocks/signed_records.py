"""Small signed records in every vault of a plan: holds, releases, chains of custody."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError

from blocks.everywhere import Everywhere
from blocks.keys import BackupKeys
from blocks.vaults.kind import Vault
from recovery.errors import Missing, NotProved, RecoveryError
from recovery.manifest import canonical
from recovery.model import Frozen
from recovery.signing import check_signature, sign

Record = TypeVar("Record", bound=Frozen)


class SignedRecords:
    """Layout: `<path>.json` and `<path>.sig`, the signature first."""

    def __init__(self, vaults: Mapping[str, Vault], keys: BackupKeys) -> None:
        self._vaults, self._keys = vaults, keys

    def write(self, path: str, record: Frozen) -> None:
        """Signs a record and puts it into every vault.

        Raises:
            RecoveryError: a vault did not take it. Others may have.
        """
        data = canonical(record)
        everywhere = Everywhere(self._vaults)
        everywhere.put(f"{path}.sig", sign(data, self._keys.secret_signing_key()))
        everywhere.put(f"{path}.json", data)
        for name, error in everywhere.failed.items():
            raise type(error)(f"{name} did not take {path}: {error.what}", changed="Other vaults may hold it.")

    def paths(self, prefix: str) -> list[str]:
        """Every record, also one of which only half is left, in any vault.

        Raises:
            RecoveryError: a vault could not be read: nobody knows what it holds.
        """
        entries = [entry for vault in self._vaults.values() for entry in vault.entries(prefix)]
        return sorted({entry.key.rpartition(".")[0] for entry in entries if entry.key.endswith((".json", ".sig"))})

    def read(self, path: str, kind: type[Record]) -> Record:
        """The record, its signature checked, from the first vault that has it whole.

        Raises:
            NotProved: no vault holds it as it was signed.
            RecoveryError: a vault could not be read.
        """
        faults: list[RecoveryError] = []
        for vault in self._vaults.values():
            try:
                return self._checked(vault, path, kind)
            except (Missing, NotProved) as error:
                faults.append(error)
        raise NotProved(faults[0].what, remedy="Somebody wrote to the vault: find out who.")

    def _checked(self, vault: Vault, path: str, kind: type[Record]) -> Record:
        data, signature = vault.get(f"{path}.json").data, vault.get(f"{path}.sig").data
        check_signature(f"The record {path}", data, signature, self._keys.trusted)
        try:
            return kind.model_validate_json(data)
        except ValidationError:
            raise NotProved(f"The record {path} is signed but cannot be read.") from None
