"""The backup before a new one, and which groups of files did not change since."""

import io
from collections.abc import Mapping

import pyrage

from blocks.everywhere import Everywhere
from blocks.keys import BackupKeys
from blocks.shelves import Shelves
from blocks.sources.kind import Grouped, Reading
from recovery.errors import RecoveryError, Refused
from recovery.manifest import Manifest
from recovery.opening import unseal
from recovery.part import Group, Part


class Base:
    """The backup before, opened as far as its indexes."""

    def __init__(self, manifest: Manifest, identity: str, shelves: Shelves) -> None:
        self.manifest, self._identity, self._shelves = manifest, identity, shelves

    @property
    def backup(self) -> str:
        return self.manifest.backup

    def secrets_of(self, groups: list[Group]) -> list[str]:
        """The age identities that open these groups."""
        needed = {group.recipient for group in groups}
        found = [pyrage.x25519.Identity.from_str(each) for each in self._identity.split()]
        return [str(each) for each in found if str(each.to_public()) in needed]

    def unchanged(self, reading: Grouped, part: Part) -> list[int]:
        """Which of the part's groups are as they were.

        Raises:
            RecoveryError: the index cannot be opened.
        """
        assert part.index is not None
        index, chunks = io.BytesIO(), {chunk.key: chunk for chunk in part.index.chunks}
        unseal(part.index, self._identity, lambda key: self._shelves.chunk(chunks[key]), index)
        return [at for at in reading.unchanged(index.getvalue()) if at < len(part.groups)]


def find_base(shelves: Shelves, keys: BackupKeys, application: str, vault: Everywhere) -> Base:
    """The newest backup, where groups of it may be named again.

    A vault that cannot be read gets nothing of the new backup: nobody knows what it holds.

    Raises:
        RecoveryError: there is none, and why.
    """
    if not keys.identities() and not keys.kms_keys:
        raise Refused("These backup keys can open no backup.")
    names: list[str] = []
    for name in vault.standing():
        try:
            names += shelves.each[name].backups(application)[-1:]
        except RecoveryError as error:
            vault.lose(name, error)
    if not names:
        raise Refused("There is no earlier backup.")
    found = {name: shelves.each[name].manifest(application, max(names)) for name in vault.standing()}
    if len({each.digest for each in found.values()}) != 1:
        raise Refused(f"The vaults do not hold the same backup {max(names)}.")
    manifest = next(iter(found.values()))
    _must_not_be_suspect(shelves, manifest, vault)
    return Base(manifest, shelves.first(lambda shelf: shelf.unwrap(manifest)), shelves)


def _must_not_be_suspect(shelves: Shelves, manifest: Manifest, vault: Everywhere) -> None:
    """After a verification that found a fault in any backup that groups may come from, everything is sent anew."""
    oldest = min([manifest.backup, *(group.backup for group in manifest.reused)])[: len("20260101T000000Z")]
    for name in vault.standing():
        for record in shelves.each[name].verifications(manifest.application, since=oldest):
            if record.problem:
                raise Refused(f"The verification of {record.backup} found a fault.")


def candidates(base: Base, readings: Mapping[str, Reading]) -> dict[str, list[int]]:
    """Part to the groups that did not change, by their place in the base.

    Raises:
        RecoveryError: an index cannot be opened.
    """
    found: dict[str, list[int]] = {}
    for part in base.manifest.parts:
        reading = readings.get(part.name)
        if isinstance(reading, Grouped) and part.index and reading.origin == part.origin:
            due = part.since_full + 1 >= reading.full_every
            found[part.name] = [] if due else base.unchanged(reading, part)
    return found
