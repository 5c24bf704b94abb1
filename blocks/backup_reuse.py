"""Which groups of files a new backup takes over from the one before it, and whether every vault still holds them."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from blocks.backup_base import candidates, find_base
from blocks.everywhere import Everywhere
from blocks.keys import BackupKeys
from blocks.sharing import claim, claim_key, under_removal
from blocks.shelves import Shelves
from blocks.sources.kind import Grouped, Reading
from blocks.vaults.kind import Vault
from recovery.errors import RecoveryError, Unreachable
from recovery.model import Frozen
from recovery.part import Group


class Reuse(Frozen):
    """What of earlier backups a new one names.

    Args:
        groups: by part.
        since_full: by part, how many backups ago everything was sent.
        identities: the age secret keys that open the groups.
    """

    groups: dict[str, list[Group]] = {}
    since_full: dict[str, int] = {}
    identities: list[str] = []

    @property
    def all_groups(self) -> list[Group]:
        return [group for groups in self.groups.values() for group in groups]


def plan_reuse(
    vault: Everywhere,
    shelves: Shelves,
    keys: BackupKeys,
    application: str,
    backup: str,
    readings: Mapping[str, Reading],
    say: Callable[[str], None],
) -> Reuse:
    """Finds what did not change, claims it, and tells each reading what it need not read.

    Whatever stands in the way is said, and everything is read and sent.
    """
    grouped = {name: reading for name, reading in readings.items() if isinstance(reading, Grouped)}
    if not grouped:
        return Reuse()
    try:
        base = find_base(shelves, keys, application, vault)
        chosen = {name: places for name, places in candidates(base, grouped).items() if places}
    except RecoveryError as error:
        say(f"All files are read and sent: {error.what}")
        return Reuse()
    if not chosen:
        return Reuse()
    parts = {name: base.manifest.part(name) for name in chosen}
    held = confirm(vault, application, backup, [parts[name].groups[at] for name in chosen for at in chosen[name]])
    kept = {name: [at for at in places if parts[name].groups[at] in held] for name, places in chosen.items()}
    for name, places in kept.items():
        grouped[name].keep(places)
    reuse = Reuse(
        groups={name: [parts[name].groups[at] for at in places] for name, places in kept.items()},
        since_full={name: parts[name].since_full + 1 for name, places in kept.items() if places},
        identities=base.secrets_of(held),
    )
    for name, groups in reuse.groups.items():
        size = sum(group.total for group in groups) / 1e6
        say(
            f"{name}: {sum(group.items for group in groups)} files, {size:,.1f} MB, did not change since {base.backup}."
        )
    return reuse


def confirm(vault: Everywhere, application: str, backup: str, groups: list[Group]) -> list[Group]:
    """Claims these groups for a new backup. Gives those that then are whole and locked in every vault.

    Raises:
        RecoveryError: no vault is left.
    """
    vault.put(claim_key(application, backup), claim(chunk.key for group in groups for chunk in group.chunks))
    for name, each in vault.standing().items():
        try:
            groups = _held(each, application, groups)
        except RecoveryError as error:
            vault.lose(name, error)
    return groups


def still_there(vault: Everywhere, application: str, backup: str, groups: list[Group]) -> None:
    """Looks once more, just before the manifest names them. A vault without one of them loses its copy."""
    for name, each in vault.standing().items():
        try:
            sizes = _sizes(each, application, {backup, *(group.backup for group in groups)})
            if claim_key(application, backup) not in sizes or not all(_whole(group, sizes) for group in groups):
                raise RecoveryError(f"Objects that {backup} was to share with earlier backups were removed meanwhile.")
        except RecoveryError as error:
            vault.lose(name, error)


def _held(vault: Vault, application: str, groups: list[Group]) -> list[Group]:
    backups = {group.backup for group in groups}
    # In this order: see `blocks.sharing`.
    free = {each for each in backups if not under_removal(vault, application, each)}
    sizes = _sizes(vault, application, free)
    whole = [group for group in groups if group.backup in free and _whole(group, sizes)]
    with ThreadPoolExecutor(8) as pool:
        locked = list(pool.map(lambda group: _locked(vault, group), whole))
    return [group for group, held in zip(whole, locked, strict=True) if held]


def _sizes(vault: Vault, application: str, backups: set[str]) -> dict[str, int]:
    return {e.key: e.size for backup in backups for e in vault.entries(f"data/{application}/{backup}/")}


def _whole(group: Group, sizes: Mapping[str, int]) -> bool:
    return all(sizes.get(chunk.key) == chunk.size for chunk in group.chunks)


def _locked(vault: Vault, group: Group) -> bool:
    try:
        return all(vault.keep_locked(chunk.key) for chunk in group.chunks)
    except Unreachable:
        raise
    except RecoveryError:
        return False  # it may not be made longer: then it is written anew
