"""The manifest of a backup: what it holds, where, and how to know that it is whole. Signed; written last."""

import json
from datetime import datetime
from typing import Annotated, Literal

from blake3 import blake3
from pydantic import Field, TypeAdapter

from recovery.errors import NotProved, RecoveryError
from recovery.model import Frozen
from recovery.sealing import Sealed
from recovery.signing import check_signature

# Names become part of objects' keys.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", max_length=100)]
BackupId = Annotated[str, Field(pattern=r"^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}$")]


class Part(Frozen):
    """One source's share of a backup.

    Args:
        name: the component's name in the plan.
        kind, origin, taken_at, newest: as in `recovery.content.Content`.
        archive: the data.
        content: the `Content` as JSON. Sealed as well, for names of files can be secret.
        items: how many tables or files.
        total: how many rows or bytes.
    """

    name: Name
    kind: str
    origin: str
    taken_at: datetime
    newest: datetime | None = None
    archive: Sealed
    content: Sealed
    items: int
    total: int


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
        key: the object that holds the secret one, itself an age file for `recipients`. It may be wrapped anew for
            other recipients without touching the data, so its digest is not here; a false one opens nothing.
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
