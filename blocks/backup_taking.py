"""Taking one backup: every source's data, then what it held, then the signed manifest, or nothing at all."""

import contextlib
from collections.abc import Iterator, Mapping
from importlib.metadata import version

import pyrage

from blocks.backup_reuse import plan_reuse, still_there
from blocks.backup_shelf import write_manifest
from blocks.backup_writing import PartWriter, Say
from blocks.everywhere import Everywhere
from blocks.key_wrapping import wrapped_objects
from blocks.keys import BackupKeys
from blocks.shelves import Shelves
from blocks.sources.kind import Source
from recovery.errors import RecoveryError
from recovery.manifest import Manifest, canonical, check_names
from recovery.model import now
from recovery.part import Part, new_backup_id
from recovery.signing import sign


def take(
    vault: Everywhere,
    shelves: Shelves,
    keys: BackupKeys,
    application: str,
    parts: Mapping[str, Source],
    say: Say,
    chunk_bytes: int,
) -> Manifest:
    """Takes a backup; see `blocks.backups.BackupStore.take`."""
    check_names(application, *parts)
    signing_key = keys.secret_signing_key()
    backup = new_backup_id(now())
    prefix = f"data/{application}/{backup}/"
    with _all_or_nothing(vault, application, backup, prefix), contextlib.ExitStack() as stack:
        # Every snapshot is opened before the first byte is read.
        readings = {name: stack.enter_context(source.read()) for name, source in parts.items()}
        reuse = plan_reuse(vault, shelves, keys, application, backup, readings, say)
        recipient = _make_key(vault, keys, application, backup, f"{prefix}key.age", reuse.identities)
        writer = stack.enter_context(PartWriter(vault, backup, recipient, prefix, chunk_bytes, say))
        written = [
            writer.write(name, reading, reuse.groups.get(name, []), reuse.since_full.get(name, 0))
            for name, reading in readings.items()
        ]
        if reuse.all_groups:
            still_there(vault, application, backup, reuse.all_groups)
        manifest = Manifest(
            backup=backup,
            application=application,
            **_described(written),
            finished_at=now(),
            prefix=prefix,
            recipient=recipient,
            key=f"{prefix}key.age",
            recipients=keys.recipient_names(),
            tools={name: version(name) for name in ("lifeboat", "pyrage", "zstandard")},
        )
        data = canonical(manifest)
        write_manifest(vault, application, backup, data, sign(data, signing_key))
    say(f"Backup {backup}: its manifest is signed and in the vault.")
    return manifest


def _described(parts: list[Part]) -> dict[str, object]:
    """What the manifest says of all parts together: the earliest moment, since nothing later is sure to be in it."""
    return {
        "parts": tuple(parts),
        "taken_at": min(part.taken_at for part in parts),
        "newest": max((part.newest for part in parts if part.newest), default=None),
    }


def _make_key(vault: Everywhere, keys: BackupKeys, application: str, backup: str, key: str, others: list[str]) -> str:
    """A key pair for this backup alone. The secret half, wrapped for the recipients, goes into the vault, and with it
    those of earlier backups that this one names groups of."""
    identity = pyrage.x25519.Identity.generate()
    secret = "\n".join([str(identity), *others])
    for name, data in wrapped_objects(key, secret, keys, application, backup).items():
        vault.put(name, data)
    return str(identity.to_public())


@contextlib.contextmanager
def _all_or_nothing(vault: Everywhere, application: str, backup: str, prefix: str) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        left = _remove(vault, application, backup, prefix)
        if not isinstance(error, RecoveryError):
            raise
        raise type(error)(
            f"Backup {backup} of {application} was not taken: {error.what}",
            changed=f"{left} Earlier backups and the sources are as they were.",
            remedy=error.remedy,
        ) from error


def _remove(vault: Everywhere, application: str, backup: str, prefix: str) -> str:
    """Removes what was written of a backup, the manifest first, and says how that went."""
    try:
        vault.wipe(application, backup, prefix)
    except RecoveryError as error:
        return f"It has no whole manifest, but objects under {prefix} may be left, for {error.what.rstrip('.')}."
    return "It has no manifest, and what was written of it was removed."
