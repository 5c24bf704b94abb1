"""What data is: the fingerprint of every table or file, and the proof that two of them are equal."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import ConfigDict

from recovery.model import Frozen

Kind = Literal["postgresql", "files", "etcd", "bucket"]
# What one item of a source of that kind is, and what its count counts.
NOUNS: dict[Kind, tuple[str, str]] = {
    "postgresql": ("table", "rows"),
    "files": ("file", "bytes"),
    "etcd": ("key", "bytes"),
    "bucket": ("object", "bytes"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One table, file, key or object. There can be a great many: pydantic's models would take four times the room.

    Args:
        count: rows of a table, or bytes of anything else.
        digest: an order-independent hash of all rows, or a digest of the bytes and of what belongs to them.
        method: how the digest was made. Digests of different methods never match.
    """

    count: int
    digest: str
    method: str
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


class Content(Frozen):
    """Everything one source held at one moment.

    Args:
        kind: the sort of source.
        origin: which place it was read from (a database cluster's own identifier, say).
        taken_at: the moment of the snapshot.
        items: the name of every table, file, key or object to its fingerprint.
        traits: what is compared beside the items: schema, extensions, modes, links.
        ranges: numbers that move outside every snapshot, as sequences do: the lowest and the highest that one can have
            had while the backup was taken. Restored, it must lie between them.
        newest: the newest business record, as the source can tell (for RPO), or None.
        tools: versions of what read it. Told, not compared.
    """

    kind: Kind
    origin: str
    taken_at: datetime
    items: dict[str, Item]
    traits: dict[str, str] = {}
    ranges: dict[str, tuple[int, int]] = {}
    newest: datetime | None = None
    tools: dict[str, str] = {}


class Proof(Frozen):
    """Whether restored content equals what was backed up, and where it does not.

    Args:
        equal: nothing differs.
        checked: how many items and traits were compared.
        differences: one sentence each, at most `MOST` of them.
    """

    equal: bool
    checked: int
    differences: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        if self.equal:
            return f"Equal to its source: {self.checked} fingerprints match."
        return f"NOT equal to its source: {'; '.join(self.differences)}."


MOST = 20
LONGEST_SHOWN = 60


def prove(expected: Content, actual: Content) -> Proof:
    """Compares both ways: nothing missing, nothing extra, nothing different."""
    found: list[str] = []
    if expected.kind != actual.kind:
        found.append(f"a {expected.kind} backup was compared with {actual.kind}")
    noun, unit = NOUNS[expected.kind]
    for name in sorted(expected.items.keys() | actual.items.keys()):
        found.extend(_differs(f"{noun} {name}", unit, expected.items.get(name), actual.items.get(name)))
    for name in sorted(expected.traits.keys() | actual.traits.keys()):
        found.extend(_trait_differs(name, expected.traits.get(name), actual.traits.get(name)))
    for name in sorted(expected.ranges.keys() | actual.ranges.keys()):
        found.extend(_out_of_range(name, expected.ranges.get(name), actual.ranges.get(name)))
    checked = len(expected.items) + len(expected.traits) + len(expected.ranges)
    more = [f"and {len(found) - MOST} more"] if len(found) > MOST else []
    return Proof(equal=not found, checked=checked, differences=tuple(found[:MOST] + more))


def _differs(label: str, unit: str, expected: Item | None, actual: Item | None) -> list[str]:
    if expected == actual:
        return []
    if actual is None:
        return [f"{label} is missing"]
    if expected is None:
        return [f"{label} is extra"]
    if expected.method != actual.method:
        return [f"{label} was fingerprinted by {actual.method}, not by {expected.method}"]
    if expected.count != actual.count:
        return [f"{label} has {actual.count} {unit}, not {expected.count}"]
    return [f"{label} has the right number of {unit} but other content"]


def _trait_differs(name: str, expected: str | None, actual: str | None) -> list[str]:
    if expected == actual:
        return []
    if actual is None:
        return [f"{name} is missing"]
    if expected is None:
        return [f"{name} is extra"]
    # A digest tells a reader nothing; a mode, a version or a link's target does.
    if max(len(expected), len(actual)) < LONGEST_SHOWN:
        return [f"{name} is {actual}, not {expected}"]
    return [f"{name} differs"]


def _out_of_range(name: str, expected: tuple[int, int] | None, actual: tuple[int, int] | None) -> list[str]:
    if actual is None:
        return [f"{name} is missing"]
    if expected is None:
        return [f"{name} is extra"]
    if expected[0] <= actual[0] and actual[1] <= expected[1]:
        return []
    wanted = str(expected[0]) if expected[0] == expected[1] else f"between {expected[0]} and {expected[1]}"
    return [f"{name} stands at {actual[0]}, not {wanted}"]
