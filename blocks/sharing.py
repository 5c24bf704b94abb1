"""Groups of files that several backups name: no object goes that another backup needs, whoever runs at the same time.

Whoever takes a backup writes down which objects of others it may name (`claim`), and only then looks whether somebody
is removing from those backups (`under_removal`) and whether the objects are there. Whoever removes from a backup says
so first (`removal`), and only then looks what others claim (`claimed`). Whichever comes first, one of them sees the
other, without clocks and locks, as long as the vault shows what was written to whoever looks afterwards; all of ours
do. A claim stays as long as its backup does. A remover that was killed leaves its mark, and these groups are sent anew.
"""

import contextlib
import json
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime

from blocks.vaults.kind import Vault
from recovery.errors import Missing, RecoveryError
from recovery.manifest import canonical_json

_CLAIM = "claims.json"


def claim_key(application: str, backup: str) -> str:
    """Where a backup's claim lies, beside its data."""
    return f"data/{application}/{backup}/{_CLAIM}"


def claim(keys: Iterable[str]) -> bytes:
    """A claim of these objects."""
    return canonical_json(sorted(keys))


def under_removal(vault: Vault, application: str, backup: str) -> bool:
    """Whether somebody removes, or was killed when removing, objects of a backup. To be asked after claiming."""
    return bool(vault.entries(f"removals/{application}/{backup}/"))


@contextlib.contextmanager
def removal(vault: Vault, application: str, backup: str) -> Iterator[None]:
    """Says that objects of a backup are being removed. The mark is each remover's own: others may not be done yet.

    It stays where the removal did not end.
    """
    mark = f"removals/{application}/{backup}/{secrets.token_hex(8)}"
    vault.put(mark, b"objects of this backup are being removed\n")
    yield
    vault.remove(mark)


def claimed(vault: Vault, application: str, but: str = "") -> set[str]:
    """Every object that a backup claims, or its manifest names, of those in this vault. To be asked within `removal`.

    Args:
        but: the backup whose own claim does not count.

    Raises:
        RecoveryError: a claim cannot be read, so that nobody knows what is needed.
    """
    found: set[str] = set()
    for entry in vault.entries(f"data/{application}/"):
        backup, _, name = entry.key.split("/", 2)[2].partition("/")
        if name == _CLAIM and backup != but:
            found.update(read_claim(vault, entry.key))
    for entry in vault.entries(f"manifests/{application}/"):
        if entry.key.endswith(".json") and entry.key.rpartition("/")[2] != f"{but}.json":
            found.update(_named(vault, entry.key))
    return found


def reap_marks(vault: Vault, application: str, before: datetime) -> None:
    """Removes the marks of removers that were killed so long ago."""
    for entry in vault.entries(f"removals/{application}/"):
        if entry.written_at < before:
            vault.remove(entry.key)


def read_claim(vault: Vault, key: str) -> list[str]:
    """The objects that a claim names; none where there is no claim.

    Raises:
        RecoveryError: it cannot be read.
    """
    try:
        keys = json.loads(vault.get(key).data)
        if isinstance(keys, list) and all(isinstance(each, str) for each in keys):
            return keys
    except Missing:
        return []  # its backup was removed in this moment
    except ValueError:
        pass
    raise RecoveryError(
        f"{key} cannot be read, so nobody knows which objects its backup needs.",
        changed="Nothing was removed.",
        remedy="Find out who damaged it; remove that backup by hand if it is not needed.",
    )


def _named(vault: Vault, key: str) -> set[str]:
    """Whatever a manifest names, signed or not: the more, the safer. A broken one's claim counts all the same."""
    found: set[str] = set()

    def gather(value: object) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("key"), str):
                found.add(value["key"])
            for each in value.values():
                gather(each)
        elif isinstance(value, list):
            for each in value:
                gather(each)

    with contextlib.suppress(Missing, ValueError, RecursionError):
        gather(json.loads(vault.get(key).data))
    return found
