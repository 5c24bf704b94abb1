"""Writing one part of a backup: its data, sealed, and what it holds."""

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from blocks.everywhere import Everywhere
from blocks.sources.kind import Grouped, Reading
from recovery.content import Content
from recovery.duration import say_duration
from recovery.part import Group, Part
from recovery.sealing import Sealing, seal_into
from recovery.streams import as_file
from recovery.uploads import Uploads

Say = Callable[[str], None]


class PartWriter(contextlib.AbstractContextManager["PartWriter"]):
    """Seals what is read, and stores it in all vaults. Left, no upload is under way."""

    def __init__(self, vault: Everywhere, backup: str, recipient: str, prefix: str, chunk_bytes: int, say: Say) -> None:
        """Args:
        vault: where to.
        backup: its identifier.
        recipient: its age public key.
        prefix: what the keys of its objects begin with.
        chunk_bytes: the size of an object.
        say: takes each line of progress.
        """
        self._backup, self._recipient, self._prefix = backup, recipient, prefix
        self._chunk_bytes, self._say = chunk_bytes, say
        self._uploads = Uploads(vault.put)

    def __exit__(self, *error: object) -> None:
        self._uploads.__exit__(*error)

    def write(self, name: str, reading: Reading, reused: list[Group], since_full: int) -> Part:
        """Args:
        reused: the groups of earlier backups that are not read again.
        since_full: how many backups ago everything was sent.

        Raises:
            RecoveryError: the source or all vaults failed.
        """
        begun, prefix = time.monotonic(), f"{self._prefix}{name}/"
        groups, index = tuple(reused), None
        if isinstance(reading, Grouped):
            groups += tuple(self._groups(reading, prefix))
        archive = self._seal(reading, prefix)
        content = reading.content()
        # The next part may take hours: this one's snapshot must not be held that long. Releasing twice is no error.
        reading.__exit__(None, None, None)
        described = self._seal_bytes(content.model_dump_json().encode(), f"{prefix}content-")
        if isinstance(reading, Grouped):
            index = self._seal_bytes(reading.index(), f"{prefix}index-").result()
        part = Part(
            name=name,
            kind=content.kind,
            origin=content.origin,
            taken_at=content.taken_at,
            newest=content.newest,
            groups=groups,
            archive=archive.result(),
            content=described.result(),
            index=index,
            since_full=since_full,
            items=len(content.items) + sum(group.items for group in groups),
            total=_total(content) + sum(group.total for group in groups),
        )
        sealed = sum(each.size for each in part.archives) - sum(group.archive.size for group in reused)
        self._say(f"{name}: {sealed / 1e6:,.1f} MB sealed in {say_duration(time.monotonic() - begun)}.")
        return part

    def _groups(self, reading: Grouped, prefix: str) -> Iterator[Group]:
        """Every group is read before the first is waited for."""
        written = [self._group(group, f"{prefix}g{at:05d}/") for at, group in enumerate(reading.groups())]
        for taken_at, items, total, archive, content in written:
            yield Group(
                backup=self._backup,
                recipient=self._recipient,
                taken_at=taken_at,
                archive=archive.result(),
                content=content.result(),
                items=items,
                total=total,
            )

    def _group(self, group: Reading, prefix: str) -> tuple[datetime, int, int, Sealing, Sealing]:
        archive, content = self._seal(group, prefix), group.content()
        described = self._seal_bytes(content.model_dump_json().encode(), f"{prefix}content-")
        return content.taken_at, len(content.items), _total(content), archive, described

    def _seal(self, reading: Reading, prefix: str) -> Sealing:
        return seal_into(self._uploads, reading.stream, [self._recipient], prefix, self._chunk_bytes)

    def _seal_bytes(self, data: bytes, prefix: str) -> Sealing:
        return seal_into(self._uploads, as_file([data]), [self._recipient], prefix, self._chunk_bytes)


def _total(content: Content) -> int:
    return sum(item.count for item in content.items.values())
