"""Reading from several vaults that hold copies of the same backups: the first whole and valid copy counts."""

import contextlib
from collections.abc import Callable, Mapping
from typing import TypeVar

from blake3 import blake3

from blocks.backup_shelf import Shelf
from blocks.keys import BackupKeys
from blocks.vaults.kind import Vault
from recovery.errors import NotProved, RecoveryError
from recovery.uploads import Chunk

Got = TypeVar("Got")


def _whole(shelf: Shelf, chunk: Chunk, found: list[bytes]) -> bytes:
    data = shelf.vault.get(chunk.key).data
    found.append(data)
    if blake3(data).hexdigest() != chunk.digest:
        raise NotProved(f"{chunk.key} is not whole.")
    return data


class Shelves:
    """The shelves of several vaults, the main one first."""

    def __init__(self, vaults: Mapping[str, Vault], keys: BackupKeys) -> None:
        """Args:
        vaults: name to vault.
        """
        self.each = {name: Shelf(vault, keys) for name, vault in vaults.items()}

    def first(self, read: Callable[[Shelf], Got]) -> Got:
        """What the first vault gives that has it whole.

        Args:
            read: reads, and checks what it read; it must bear being called again with the next vault.

        Raises:
            RecoveryError: none has. A fault of the backup counts for more than a vault that could not be reached.
        """
        errors: list[RecoveryError] = []
        for shelf in self.each.values():
            try:
                return read(shelf)
            except RecoveryError as error:
                errors.append(error)
        raise next((error for error in errors if isinstance(error, NotProved)), errors[0])

    def chunk(self, chunk: Chunk) -> bytes:
        """One chunk, from the first vault that has it whole; where none has, as the first one has it.

        Raises:
            RecoveryError: no vault gives any.
        """
        if len(self.each) == 1:
            return self.first(lambda shelf: shelf.vault.get(chunk.key).data)
        found: list[bytes] = []
        with contextlib.suppress(NotProved):
            return self.first(lambda shelf: _whole(shelf, chunk, found))
        return found[0]

    def all(self, read: Callable[[Shelf], list[Got]]) -> list[Got]:
        """What all vaults give together, those that cannot be reached left out.

        Raises:
            RecoveryError: no vault can be read; the first one's reason.
        """
        found: list[Got] = []
        errors: list[RecoveryError] = []
        for shelf in self.each.values():
            try:
                found += read(shelf)
            except RecoveryError as error:
                errors.append(error)
        if len(errors) == len(self.each):
            raise errors[0]
        return found

    def faults(self, read: Callable[[Shelf], list[str]]) -> list[str]:
        """Like `all`, each sentence with the vault's name where there are several, and a vault that fails is a fault.

        Raises:
            RecoveryError: there is but one vault, and it cannot be read.
        """
        if len(self.each) == 1:
            return self.all(read)
        found: list[str] = []
        for name, shelf in self.each.items():
            try:
                found += [f"{name}: {sentence}" for sentence in read(shelf)]
            except RecoveryError as error:
                found.append(f"{name}: {error.what}")
        return found
