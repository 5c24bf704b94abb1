"""Taking, restoring and comparing a bucket's backup: many objects at once, the versions of each in order."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any, TypeVar

from blocks.snapshots.bucket_copying import Copier, about, read_digest
from blocks.snapshots.bucket_listing import Copied, Version, copies, versions
from blocks.snapshots.bucket_owned import each_of, remove
from blocks.snapshots.bucket_record import METHOD, BucketRecord
from recovery.content import Content, Item
from recovery.errors import NotProved
from recovery.model import now

T = TypeVar("T", bound=Version)


class Notes:
    """Writes down now and then what was copied, so that a killed backup is gone on with and not begun again.

    Args:
        write: takes what was copied since the last time.
    """

    MOST, SECONDS = 1000, 30

    def __init__(self, write: Callable[[tuple[Copied, ...]], None]) -> None:
        self._write, self._lock = write, threading.Lock()
        self._new: list[Copied] = []
        self._written = time.monotonic()

    def add(self, copied: Copied) -> None:
        with self._lock:
            self._new.append(copied)
            if len(self._new) >= self.MOST or time.monotonic() > self._written + self.SECONDS:
                self._write(tuple(self._new))
                self._new, self._written = [], time.monotonic()


def remove_unneeded(client: Any, bucket: str, needed: set[tuple[str, str]] | None, held: list[str]) -> list[Version]:
    """Removes the copies that no backup needs, and returns the others."""
    there = copies(client, bucket)
    if needed is None:
        held.append("copies that are not needed stay, since a record cannot be read")
        return there
    remove(client, bucket, [each.place for each in there if each.place not in needed], held)
    return [each for each in there if each.place in needed]


def copy_new(found: list[Version], known: dict[tuple[Any, ...], Copied], copier: Copier, notes: Notes) -> list[Copied]:
    """Every version with its copy: one that was made before, or one that is made now.

    Versions of one key are copied one after the other, the oldest first, so that they lie in the same order.
    """

    def of_one_key(group: list[Version]) -> list[Copied]:
        made: list[Copied] = []
        for version in group:
            copied = known.get(version.identity)
            if copied is None and (copied := copier.copy(version)):
                notes.add(copied)
            if copied:  # one that is gone by now leaves no gap in the numbers
                made.append(copied.model_copy(update={"number": len(made) + 1, "latest": version.latest}))
        return made

    return [copied for made in each_of(of_one_key, _by_key(found)) for copied in made]


def close_gone(client: Any, bucket: str, there: list[Version], keys: set[str]) -> list[tuple[str, str]]:
    """Puts a delete marker on every copied key that the source no longer has at all. Nothing is removed."""
    open_keys = [each.key for each in there if each.latest and not each.marker and each.key not in keys]
    return [(key, client.delete_object(Bucket=bucket, Key=key)["VersionId"]) for key in open_keys]


def compared(client: Any, bucket: str, record: BucketRecord, needed: set[tuple[str, str]] | None) -> Content:
    """What of a backup is there, by the listing and every object's head; beside it, what no backup needs.

    Args:
        needed: as `Records.needed` tells it.
    """
    there = {each.place: each for each in copies(client, bucket)}
    items: dict[str, Item] = {}
    traits: dict[str, str] = {}

    def look(each: Copied) -> None:
        found = there.get((each.key, each.copy_version))
        if found is None or found.marker != each.marker:
            return
        if each.marker:
            traits[f"delete marker {each.label}"] = "there"
            return
        same = found.etag == each.copy_etag
        digest = each.digest if same else f"ETag {found.etag}"
        items[each.label] = Item(count=found.size, digest=digest, method=METHOD)
        head = client.head_object(Bucket=bucket, Key=each.key, VersionId=each.copy_version)
        traits[f"metadata of {each.label}"] = about(head)

    each_of(look, record.versions)
    for key, version in there.keys() - needed if needed is not None else ():
        items[f"{key} (unknown version {version})"] = Item(count=there[key, version].size, digest="", method=METHOD)
    return Content(kind="bucket", origin=bucket, taken_at=now(), items=items, traits=traits)


def read_whole(client: Any, bucket: str, record: BucketRecord) -> Content:
    """What a bucket holds, every byte of every version read. The record tells of which parts a digest is."""
    parts = {each.label: each.part for each in record.versions}
    items: dict[str, Item] = {}
    traits: dict[str, str] = {}

    def look(each: Version) -> None:
        if each.marker:
            traits[f"delete marker {each.label}"] = "there"
            return
        head = client.head_object(Bucket=bucket, Key=each.key, **each.exactly)
        digest = read_digest(client, bucket, each, parts.get(each.label, 0))
        items[each.label] = Item(count=head["ContentLength"], digest=digest, method=METHOD)
        traits[f"metadata of {each.label}"] = about(head)

    each_of(look, versions(client, bucket))
    return Content(kind="bucket", origin=bucket, taken_at=now(), items=items, traits=traits)


def copy_back(record: BucketRecord, there: list[Version], copier: Copier) -> None:
    """Copies what of a backup is not yet in a bucket that was made for it. An unfinished one is gone on with.

    Raises:
        NotProved: a copy is missing.
    """
    done = {(each.key, each.number) for each in there}

    def of_one_key(group: list[Copied]) -> None:
        for each in group:
            copied = each.model_copy(update={"version": each.copy_version, "etag": each.copy_etag, "latest": False})
            if (each.key, each.number) not in done and copier.copy(copied) is None:
                raise NotProved(f"The copy of {each.label} is missing, so backup {record.name} cannot be restored.")

    each_of(of_one_key, _by_key(record.versions))


def _by_key(found: Iterable[T]) -> Iterator[list[T]]:
    for _, group in groupby(found, key=lambda each: each.key):
        yield list(group)
