"""Taking one backup: every source's data, then what it held, then the signed manifest, or nothing at all."""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from typing import BinaryIO

import pyrage

from blocks.backup_shelf import write_manifest
from blocks.everywhere import Everywhere
from blocks.key_wrapping import wrapped_objects
from blocks.keys import BackupKeys
from blocks.sources.kind import Reading, Source
from recovery.duration import say_duration
from recovery.errors import RecoveryError
from recovery.manifest import Manifest, Part, canonical, check_names
from recovery.model import now
from recovery.sealing import Sealed, seal
from recovery.signing import sign
from recovery.streams import as_file

Say = Callable[[str], None]


def take(
    vault: Everywhere,
    keys: BackupKeys,
    application: str,
    parts: Mapping[str, Source],
    say: Say,
    chunk_bytes: int,
) -> Manifest:
    """Takes a backup; see `blocks.backups.BackupStore.take`."""
    check_names(application, *parts)
    signing_key = keys.secret_signing_key()
    backup = f"{now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    prefix = f"data/{application}/{backup}/"
    with _all_or_nothing(vault, application, backup, prefix):
        recipient = _make_key(vault, keys, application, backup, f"{prefix}key.age")
        writer = _Writer(vault, recipient, prefix, chunk_bytes, say)
        manifest = Manifest(
            backup=backup,
            application=application,
            **_described(writer.write_all(parts)),
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


class _Writer:
    def __init__(self, vault: Everywhere, recipient: str, prefix: str, chunk_bytes: int, say: Say) -> None:
        self._vault, self._recipient, self._prefix = vault, recipient, prefix
        self._chunk_bytes, self._say = chunk_bytes, say

    def write_all(self, parts: Mapping[str, Source]) -> list[Part]:
        with contextlib.ExitStack() as stack:
            # Every snapshot is opened before the first byte is read.
            readings = {name: stack.enter_context(source.read()) for name, source in parts.items()}
            return [self._write(name, reading) for name, reading in readings.items()]

    def _write(self, name: str, reading: Reading) -> Part:
        begun = time.monotonic()
        archive = self._seal(reading.stream, f"{self._prefix}{name}/")
        content = reading.content()
        # The next part may take hours: this one's snapshot must not be held that long. Releasing twice is no error.
        reading.__exit__(None, None, None)
        described = self._seal(as_file([content.model_dump_json().encode()]), f"{self._prefix}{name}/content-")
        self._say(f"{name}: {archive.size / 1e6:,.1f} MB sealed in {say_duration(time.monotonic() - begun)}.")
        return Part(
            name=name,
            kind=content.kind,
            origin=content.origin,
            taken_at=content.taken_at,
            newest=content.newest,
            archive=archive,
            content=described,
            items=len(content.items),
            total=sum(item.count for item in content.items.values()),
        )

    def _seal(self, stream: BinaryIO, prefix: str) -> Sealed:
        return seal(stream, [self._recipient], prefix, self._vault.put, self._chunk_bytes)


def _described(parts: list[Part]) -> dict[str, object]:
    """What the manifest says of all parts together: the earliest moment, since nothing later is sure to be in it."""
    return {
        "parts": tuple(parts),
        "taken_at": min(part.taken_at for part in parts),
        "newest": max((part.newest for part in parts if part.newest), default=None),
    }


def _make_key(vault: Everywhere, keys: BackupKeys, application: str, backup: str, key: str) -> str:
    """A key pair for this backup alone. The secret half, wrapped for the recipients, goes into the vault."""
    identity = pyrage.x25519.Identity.generate()
    for name, data in wrapped_objects(key, str(identity), keys, application, backup).items():
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
