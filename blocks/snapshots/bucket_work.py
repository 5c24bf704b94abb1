"""Taking, restoring and comparing a bucket's backup: many objects at once, the versions of each in order."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any, TypeVar

from blocks.snapshots.bucket_copying import Copier, about, md5
from blocks.snapshots.bucket_listing import Version, copies, versions
from blocks.snapshots.bucket_record import METHOD, BucketRecord, Copied
from recovery.content import Content, Item
from recovery.model import now

# As many as boto3 keeps connections for.
AT_ONCE = 10
T = TypeVar("T")
S = TypeVar("S")


def copy_new(found: list[Version], known: dict[tuple[Any, ...], Copied], copier: Copier) -> Iterator[Copied]:
    """Every version with its copy: the one that the last backup made, or one that is made now.

    Versions of one key are copied one after the other, the oldest first, so that they lie in the same order.
    """

    def of_one_key(group: list[Version]) -> list[Copied]:
        made: list[Copied] = []
        for version in group:
            copied = known.get(version.identity) or copier.copy(version)
            if copied:  # one that is gone by now leaves no gap in the numbers
                made.append(copied.model_copy(update={"number": len(made) + 1}))
        return made

    yield from _at_once(of_one_key, _by_key(found))


def close_gone(client: Any, bucket: str, there: list[Version], keys: set[str]) -> list[tuple[str, str]]:
    """Puts a delete marker on every copied key that the source no longer has at all. Nothing is removed."""
    open_keys = [each.key for each in there if each.latest and not each.marker and each.key not in keys]
    return [(key, client.delete_object(Bucket=bucket, Key=key)["VersionId"]) for key in open_keys]


def compared(client: Any, bucket: str, record: BucketRecord, named: set[tuple[str, str]]) -> Content:
    """What of a backup is there, by the listing and every object's head; beside it, what no backup names.

    Args:
        named: key and version of all that any backup needs.
    """
    there = {(each.key, each.version): each for each in copies(client, bucket)}
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

    _each_of(look, record.versions)
    for key, version in there.keys() - named:
        items[f"{key} (unknown version {version})"] = Item(count=there[key, version].size, digest="", method=METHOD)
    return Content(kind="bucket", origin=bucket, taken_at=now(), items=items, traits=traits)


def read_whole(client: Any, bucket: str) -> Content:
    """What a bucket holds, every byte of every version read."""
    items: dict[str, Item] = {}
    traits: dict[str, str] = {}

    def look(each: Version) -> None:
        if each.marker:
            traits[f"delete marker {each.label}"] = "there"
            return
        head = client.head_object(Bucket=bucket, Key=each.key, **each.exactly)
        digest = md5(client, bucket, each.key, each.exactly)
        items[each.label] = Item(count=head["ContentLength"], digest=digest, method=METHOD)
        traits[f"metadata of {each.label}"] = about(head)

    _each_of(look, versions(client, bucket))
    return Content(kind="bucket", origin=bucket, taken_at=now(), items=items, traits=traits)


def copy_back(record: BucketRecord, there: list[Version], copier: Copier) -> None:
    """Copies what of a backup is not yet in a bucket that was made for it. An unfinished one is gone on with."""
    done = {(each.key, each.number) for each in there}

    def of_one_key(group: list[Copied]) -> None:
        for each in group:
            if (each.key, each.number) not in done:
                copier.copy(_as_version(each))

    _each_of(of_one_key, _by_key(record.versions))


def _as_version(each: Copied) -> Version:
    return Version(
        key=each.key,
        number=each.number,
        version=each.copy_version,
        marker=each.marker,
        latest=False,
        etag=each.copy_etag,
        size=each.size,
        modified=each.modified,
    )


def _by_key(found: Iterable[T]) -> Iterator[list[T]]:
    for _, group in groupby(found, key=lambda each: each.key):  # type: ignore[attr-defined]
        yield list(group)


def _each_of(work: Callable[[S], None], over: Iterable[S]) -> None:
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bucket") as pool:
        list(pool.map(work, over))


def _at_once(work: Callable[[S], list[T]], over: Iterable[S]) -> Iterator[T]:
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bucket") as pool:
        for made in pool.map(work, over):
            yield from made
