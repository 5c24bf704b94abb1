"""How random bytes look, by kind of file: what is encrypted looks random, and text that was encrypted stands out."""

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from recovery.model import Frozen
from recovery.ransomware_marks import Marks, extension_of

SAMPLE_BYTES = 16 * 1024
LEAST_BYTES = 512  # of fewer bytes the entropy says nothing
MOST_FILES = 800
MOST_KINDS = 40
_PREFIX = "entropy of ."


class Sample(Frozen):
    """One file's share in the measurement.

    Args:
        name: its name.
        entropy: bits a byte, 0 to 8, or None where it is too short to tell.
        begins_rightly: whether its first bytes are those of its ending, or None where its ending says nothing.
    """

    name: str
    entropy: float | None
    begins_rightly: bool | None


def entropy_of(data: bytes) -> float:
    """Shannon entropy in bits a byte: 0 for one byte repeated, near 8 for what is encrypted or compressed."""
    if not data:
        return 0.0
    total = len(data)
    return -sum(count / total * math.log2(count / total) for count in Counter(data).values()) + 0.0


def take_samples(folder: Path, marks: Marks) -> tuple[Sample, ...]:
    """Reads the beginning of at most `MOST_FILES` files, spread evenly over all kinds of files and over their names.

    Raises:
        OSError: a file could not be read.
    """
    return tuple(_sample(folder, name, marks) for name in _spread(_files(folder)))


def kinds_of(samples: Iterable[Sample]) -> dict[str, float]:
    """The mean entropy of every kind of file, in a form that a verification's record can hold."""
    found: dict[str, list[float]] = {}
    for each in samples:
        kind = extension_of(each.name)
        if each.entropy is not None and kind.isalnum() and kind.isascii() and len(kind) <= 8:
            found.setdefault(kind, []).append(each.entropy)
    frequent = sorted(found.items(), key=lambda item: -len(item[1]))[:MOST_KINDS]
    return {f"{_PREFIX}{kind}": round(sum(values) / len(values), 3) for kind, values in frequent}


def kind_in(measure: str) -> str:
    """The ending in a measure's name, or nothing where it is another measure."""
    return measure.removeprefix(_PREFIX) if measure.startswith(_PREFIX) else ""


def _sample(folder: Path, name: str, marks: Marks) -> Sample:
    with (folder / name).open("rb") as file:
        data = file.read(SAMPLE_BYTES)
    entropy = round(entropy_of(data), 3) if len(data) >= LEAST_BYTES else None
    shown = name.encode(errors="backslashreplace").decode()  # a name may hold any bytes
    return Sample(name=shown, entropy=entropy, begins_rightly=marks.begins_rightly(name, data) if data else None)


def _files(folder: Path) -> Iterator[str]:
    # Python 3.11 has no Path.walk.
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                yield str(path.relative_to(folder))


def _spread(names: Iterable[str]) -> Sequence[str]:
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(extension_of(name), []).append(name)
    share = max(1, MOST_FILES // max(1, len(kinds)))
    chosen = [name for mine in kinds.values() for name in mine[:: max(1, -(-len(mine) // share))]]
    return chosen[:MOST_FILES]
