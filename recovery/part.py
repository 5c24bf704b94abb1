"""One source's share of a backup, and the groups of files that several backups can share."""

import secrets
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from recovery.model import Frozen
from recovery.sealing import Sealed
from recovery.uploads import Chunk

# Names become part of objects' keys.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", max_length=100)]
BackupId = Annotated[str, Field(pattern=r"^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}$")]


def new_backup_id(at: datetime) -> str:
    """A name for a backup that sorts by its moment, also within one second: five digits of its share of the second,
    and one of chance, for another machine that backs the same application up in the same microsecond."""
    share = at.microsecond * 16**5 // 10**6
    return f"{at:%Y%m%dT%H%M%SZ}-{share:05x}{secrets.token_hex(1)[0]}"


class Group(Frozen):
    """Some whole files, sealed by themselves, so that a later backup can name them where they did not change.

    Args:
        backup: whose objects these are: this backup's or an earlier one's.
        recipient: the age public key they were sealed for. The secret one is in the key object of every backup that
            names the group.
        taken_at: the moment of that backup's part.
        archive: a tar archive without an end mark.
        content: the `Content` of these files as JSON.
        items, total: how many files and bytes.
    """

    backup: BackupId
    recipient: str
    taken_at: datetime
    archive: Sealed
    content: Sealed
    items: int
    total: int

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        return (*self.archive.chunks, *self.content.chunks)


class Part(Frozen):
    """One source's share of a backup.

    Args:
        name: the component's name in the plan.
        kind, origin, taken_at, newest: as in `recovery.content.Content`.
        groups: of files; none where the source is not one of files.
        archive: the data that is in no group. The groups' archives and then this one are the whole.
        content: its `Content` as JSON. Sealed as well, for names of files can be secret.
        index: by what the next backup can tell which groups are unchanged.
        since_full: how many backups ago everything was read and sent; 0 for a backup that did.
        items: how many tables or files, in all.
        total: how many rows or bytes, in all.
    """

    name: Name
    kind: str
    origin: str
    taken_at: datetime
    newest: datetime | None = None
    groups: tuple[Group, ...] = ()
    archive: Sealed
    content: Sealed
    index: Sealed | None = None
    since_full: int = 0
    items: int
    total: int

    @model_serializer(mode="wrap")
    def _without_what_is_not_used(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A part without groups is written as it was before there were any: its signature must go on holding."""
        written: dict[str, Any] = handler(self)
        unused = {"groups": not self.groups, "index": self.index is None, "since_full": not self.since_full}
        return {name: value for name, value in written.items() if not unused.get(name)}

    @property
    def archives(self) -> tuple[Sealed, ...]:
        """What is the whole archive, opened one after another."""
        return (*(group.archive for group in self.groups), self.archive)

    @property
    def chunks(self) -> list[Chunk]:
        """Every object that the part needs."""
        sealed = [*self.archives, *(group.content for group in self.groups), self.content]
        return [chunk for each in [*sealed, *([self.index] if self.index else [])] for chunk in each.chunks]
