"""The manifest of a backup: what it holds, where, and how to know that it is whole. Signed; written last."""

import json
from datetime import datetime
from typing import Literal

from blake3 import blake3
from pydantic import Field, TypeAdapter

from recovery.errors import NotProved, RecoveryError
from recovery.model import Frozen
from recovery.part import BackupId, Group, Name, Part
from recovery.signing import check_signature
from recovery.uploads import Chunk


class Manifest(Frozen):
    """What a backup is.

    Args:
        format: the version of this format.
        backup: its identifier; sorts by time.
        application: whose it is.
        taken_at: the moment of its snapshot, of the earliest where parts differ: nothing later is sure to be in it.
        finished_at: when the last byte was in the vault.
        prefix: where its objects lie, relative to any vault, so that a copied vault works.
        recipient: the age public key made for this backup alone.
        key: the object that holds the secret one, and those of all earlier backups that `parts` name groups of, one a
            line; itself an age file for `recipients`. It may be wrapped anew for other recipients without touching the
            data, so its digest is not here; a false one opens nothing.
        recipients: who could unwrap it when the backup was made.
        parts: one a source.
        newest: the newest business record in it, or None.
        tools: versions of what made it.
    """

    format: Literal["lifeboat-manifest-1"] = "lifeboat-manifest-1"
    backup: BackupId
    application: Name
    taken_at: datetime
    finished_at: datetime
    prefix: str
    recipient: str
    key: str
    recipients: tuple[str, ...]
    parts: tuple[Part, ...] = Field(min_length=1)
    newest: datetime | None = None
    tools: dict[str, str] = {}

    @property
    def digest(self) -> str:
        """BLAKE3 of the canonical bytes: what a verification is bound to."""
        return blake3(canonical(self)).hexdigest()

    @property
    def chunks(self) -> list[Chunk]:
        """Every object that the backup needs, also those of earlier backups; neither keys nor documents."""
        return [chunk for part in self.parts for chunk in part.chunks]

    @property
    def reused(self) -> list[Group]:
        """The groups that an earlier backup wrote."""
        return [group for part in self.parts for group in part.groups if group.backup != self.backup]

    def part(self, name: str) -> Part:
        """Raises `NotProved` where the backup has no such part."""
        for part in self.parts:
            if part.name == name:
                return part
        had = ", ".join(part.name for part in self.parts)
        raise NotProved(f"Backup {self.backup} of {self.application} has no part {name}: it has {had}.")


def check_names(*names: str) -> None:
    """Raises:
    RecoveryError: one of them cannot be the name of an application or a part.
    """
    for name in names:
        try:
            TypeAdapter(Name).validate_python(name)
        except ValueError:
            raise RecoveryError(
                f"{name!r} cannot be part of an object's key.", remedy="Use letters, digits, dots and dashes."
            ) from None


def canonical(model: Frozen) -> bytes:
    """The one way to write a model as bytes: JSON, keys sorted, no spaces, UTF-8, a newline at the end."""
    return canonical_json(model.model_dump(mode="json"))


def canonical_json(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode() + b"\n"


def open_manifest(what: str, data: bytes, signature: bytes | None, trusted: list[str]) -> Manifest:
    """Reads a manifest after its signature was checked.

    Args:
        what: which one, for the message ("The manifest of backup …").
        trusted: public keys, PEM.

    Raises:
        NotProved: naming what is wrong.
    """
    check_signature(what, data, signature, trusted)
    try:
        manifest = Manifest.model_validate_json(data)
    except ValueError as error:
        raise NotProved(
            f"{what} is signed but cannot be read: {_format_of(data)}.",
            remedy="Read it with the version that wrote it.",
        ) from error
    if canonical(manifest) != data:
        raise NotProved(f"{what} is signed but not in canonical form.")
    return manifest


def _format_of(data: bytes) -> str:
    try:
        found = json.loads(data).get("format")
    except (ValueError, AttributeError, RecursionError):
        return "it is no JSON object"
    return f"its format is {found!r}, and lifeboat-manifest-1 is what this version reads"
