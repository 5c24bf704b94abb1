"""What data is: the fingerprint of every table or file, and the proof that two of them are equal."""

from datetime import datetime
from typing import Literal

from recovery.model import Frozen


class Item(Frozen):
    """One table or one file.

    Args:
        count: rows of a table, or bytes of a file.
        digest: an order-independent hash of all rows, or the BLAKE3 digest of the bytes.
        method: how the digest was made. Digests of different methods never match.
    """

    count: int
    digest: str
    method: str


class Content(Frozen):
    """Everything one source held at one moment.

    Args:
        kind: the sort of source, `postgresql` or `files`.
        origin: which place it was read from (a database cluster's own identifier, say).
        taken_at: the moment of the snapshot.
        items: table or file name to its fingerprint.
        traits: what is compared beside the items: schema digest, sequences, extensions, modes.
        newest: the newest business record, as the source can tell (for RPO), or None.
    """

    kind: Literal["postgresql", "files"]
    origin: str
    taken_at: datetime
    items: dict[str, Item]
    traits: dict[str, str] = {}
    newest: datetime | None = None


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


def prove(expected: Content, actual: Content) -> Proof:
    """Compares both ways: nothing missing, nothing extra, nothing different."""
    found: list[str] = []
    if expected.kind != actual.kind:
        found.append(f"a {expected.kind} backup was compared with {actual.kind}")
    noun = {"postgresql": "table", "files": "file"}[expected.kind]
    unit = {"postgresql": "rows", "files": "bytes"}[expected.kind]
    for name in sorted(expected.items.keys() | actual.items.keys()):
        found.extend(_differs(f"{noun} {name}", unit, expected.items.get(name), actual.items.get(name)))
    for name in sorted(expected.traits.keys() | actual.traits.keys()):
        if expected.traits.get(name) != actual.traits.get(name):
            found.append(f"{name} differs")
    checked = len(expected.items) + len(expected.traits)
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
