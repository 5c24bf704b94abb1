"""What is done to backups after they were taken: copied, wrapped anew, removed; and what is left over."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from blocks.backup_copying import copy_backup, copy_fault
from blocks.holds import Holds
from blocks.key_wrapping import kms_object, wrapped_objects
from blocks.keys import BackupKeys
from blocks.leftovers import find_leftovers, remove_leftover
from blocks.removing import remove_objects
from blocks.sharing import reap_marks
from blocks.shelves import Shelves
from blocks.vaults.kind import Vault
from recovery.errors import NotProved, RecoveryError, Refused
from recovery.hold import may_remove
from recovery.manifest import Manifest
from recovery.model import now


class BackupCare:
    """The same vaults and keys as a `BackupStore`'s."""

    def __init__(self, vaults: Mapping[str, Vault], keys: BackupKeys, shelves: Shelves) -> None:
        self._vaults, self._keys, self._shelves = vaults, keys, shelves

    def locked_until(self, application: str, backup: str) -> datetime | None:
        """The moment before which a vault refuses to remove the backup, or None.

        The manifest is locked last and so the longest, unless the key was wrapped anew since.

        Raises:
            RecoveryError: a vault could not be read.
        """
        stem, key = f"manifests/{application}/{backup}", f"data/{application}/{backup}/key.age"
        names = [f"{stem}.json", f"{stem}.sig", key, kms_object(key)]
        held = [vault.locked_until(name) for vault in self._vaults.values() for name in names]
        return max((until for until in held if until and until > now()), default=None)

    def remove(self, application: str, backup: str) -> None:
        """Removes a backup from every vault, its manifest first: from then on it is none. Idempotent.

        Raises:
            Refused: a lock holds it, or a person's hold does, and it is whole as before.
            RecoveryError: a vault could not be reached, or does not allow it.
        """
        free = may_remove(Holds(self._vaults, self._keys).standing(application), application)
        if free.verdict != "go":
            raise Refused(free.sentence)
        if until := self.locked_until(application, backup):
            what = f"Backup {backup} of {application} is locked until {until:%Y-%m-%d %H:%M} UTC."
            raise Refused(what, remedy="Wait; a lock is meant to hold.")
        for vault in self._vaults.values():
            remove_objects(vault, application, backup, f"data/{application}/{backup}/")
            for entry in vault.entries(f"verifications/{application}/{backup}/"):
                vault.remove(entry.key)

    def copy_faults(self, manifest: Manifest) -> dict[str, str]:
        """The vaults that do not hold a whole copy, and why; as far as lists of their objects show it."""
        with ThreadPoolExecutor(len(self._vaults)) as pool:
            asked = {name: pool.submit(copy_fault, shelf, manifest) for name, shelf in self._shelves.each.items()}
        faults: dict[str, str] = {}
        for name, future in asked.items():
            try:
                fault = future.result()
            except RecoveryError as error:
                fault = error.what
            if fault:
                faults[name] = fault
        return faults

    def copy(self, manifest: Manifest) -> list[str]:
        """Makes whole every copy that is not.

        Returns:
            The names of the vaults that were written to.

        Raises:
            RecoveryError: a copy could not be made; it has no manifest, or its old one.
        """
        faults = self.copy_faults(manifest)
        whole = [shelf for name, shelf in self._shelves.each.items() if name not in faults]
        if faults and not whole:
            said = "; ".join(f"{name}: {fault}" for name, fault in faults.items())
            raise NotProved(f"Backup {manifest.backup} is whole in no vault: {said}")
        for name in faults:
            copy_backup(manifest, whole[0], self._shelves.each[name])
        return list(faults)

    def rewrap(self, manifest: Manifest) -> None:
        """Wraps a backup's key for the present recipients, in every vault. Its data is neither read nor written.

        Whoever could open it before and kept the old object, or can read older versions in the vault, still can.

        Raises:
            Conflict: somebody else wrapped it at the same time.
            NotProved: our identities do not open it.
        """
        identity = self._shelves.first(lambda shelf: shelf.unwrap(manifest))
        objects = wrapped_objects(manifest.key, identity, self._keys, manifest.application, manifest.backup)
        for vault in self._vaults.values():
            before = {entry.key: vault.get(entry.key).version for entry in vault.entries(f"{manifest.prefix}key.")}
            for key, data in objects.items():
                vault.put(key, data, **({"expect": before[key]} if key in before else {}))
            for key in before.keys() - objects.keys():
                vault.remove(key)

    def leftovers(self, application: str, older: timedelta) -> list[str]:
        """One sentence for all data without a manifest that nobody wrote to for that long, in any vault."""
        return [
            f"{name}: {each.sentence}"
            for name, vault in self._vaults.items()
            for each in find_leftovers(vault, application, now() - older)
        ]

    def reap(self, application: str, older: timedelta) -> list[str]:
        """Removes what was never finished: data of backups that never were, and dangling uploads.

        Args:
            older: long enough that no backup is under way any more.

        Returns:
            One sentence for each.

        Raises:
            RecoveryError: a vault could not be reached. What a lock holds is only said.
        """
        said: list[str] = []
        for name, vault in self._vaults.items():
            for each in find_leftovers(vault, application, now() - older):
                try:
                    remove_leftover(vault, application, each)
                    said.append(f"{name}: {each.backup} {each.what}: {each.size / 1e6:,.1f} MB removed.")
                except Refused as error:
                    said.append(f"{name}: not removed: {error.what}")
            reap_marks(vault, application, now() - older)
            said += [f"{name}: an unfinished upload of {key} ended." for key in vault.abort_uploads(now() - older)]
        return said
