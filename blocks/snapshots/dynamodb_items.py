"""What a table holds, as a count and a fingerprint: of an export's files, and of a table that was made of them."""

import base64
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recovery.content import Item

METHOD = "sum of blake2b"
_MODULUS = 1 << 128


def fingerprint(items: Iterable[Mapping[str, Any]]) -> Item:
    """Args:
    items: in DynamoDB's JSON, in any order.
    """
    count, total = 0, 0
    for each in items:
        count += 1
        digest = hashlib.blake2b(json.dumps(_plain(each), sort_keys=True).encode(), digest_size=16).digest()
        total = (total + int.from_bytes(digest)) % _MODULUS
    return Item(count=count, digest=f"{total:032x}", method=METHOD)


class Export:
    """One file of an export, read as a stream.

    Args:
        body: the object's.
    """

    def __init__(self, body: Any) -> None:
        self._body, self._hash = body, hashlib.md5(usedforsecurity=False)

    def items(self) -> Iterator[Mapping[str, Any]]:
        """Raises `OSError` or `ValueError` where it is damaged."""
        with gzip.open(io.BufferedReader(_Hashed(self._body, self._hash), 1 << 20)) as lines:
            for line in lines:
                yield json.loads(line)["Item"]

    @property
    def md5(self) -> str:
        """Of all that was read, in Base64."""
        return base64.b64encode(self._hash.digest()).decode()


class _Hashed(io.RawIOBase):
    def __init__(self, body: Any, hash_: Any) -> None:
        self._body, self._hash = body, hash_

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._body.read(len(buffer))
        self._hash.update(data)
        buffer[: len(data)] = data
        return len(data)


def differences(table: str, restored: Item, exported: Item) -> list[str]:
    if restored.count != exported.count:
        return [f"the table {table} has {restored.count} items, the export {exported.count}"]
    return [] if restored == exported else [f"the table {table} has the right number of items but other content"]


def scan(client: Any, table: str) -> Iterator[Mapping[str, Any]]:
    """Every item of a table, as it is now."""
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def _plain(value: Any) -> Any:
    """The same for the same value: bytes in Base64, sets in order."""
    if isinstance(value, Mapping):
        return {
            key: sorted(map(_plain, inner)) if key in ("SS", "NS", "BS") and isinstance(inner, list) else _plain(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
