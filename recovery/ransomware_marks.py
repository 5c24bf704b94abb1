"""What is known of ransomware: the endings it gives to files, the names of its notes, and how whole files begin.

The lists are in `data/ransomware.json`. Endings and notes are those that incident reports of the last years name; the
first bytes are those of the formats' own specifications. `README` files are common and no sign by themselves.
"""

import fnmatch
import json
from functools import cache
from pathlib import Path, PurePosixPath

from recovery.model import Frozen

LISTS = Path(__file__).with_name("data") / "ransomware.json"


class Marks(Frozen):
    """Args:
    extensions: endings, without the dot, small.
    notes, tables: patterns of names of ransom notes, as files and as tables, small.
    text: endings of files that hold text, which has far fewer bits a byte than what is encrypted.
    magic: ending to the bytes that such a file may begin with, in hexadecimal.
    """

    extensions: frozenset[str]
    notes: tuple[str, ...]
    tables: tuple[str, ...]
    text: frozenset[str]
    magic: dict[str, tuple[str, ...]]

    def is_note(self, name: str) -> bool:
        return _matches(PurePosixPath(name).name, self.notes)

    def is_note_table(self, name: str) -> bool:
        return _matches(name.rpartition(".")[2], self.tables)

    def has_extension(self, name: str) -> bool:
        return extension_of(name) in self.extensions

    def begins_rightly(self, name: str, head: bytes) -> bool | None:
        """Whether a file begins as its ending says, or None where its ending says nothing."""
        wanted = self.magic.get(extension_of(name))
        return any(head.startswith(bytes.fromhex(each)) for each in wanted) if wanted else None


def extension_of(name: str) -> str:
    """A file's ending, small and without the dot; empty where it has none."""
    return PurePosixPath(name).suffix[1:].lower()


@cache
def known_marks() -> Marks:
    return Marks.model_validate(json.loads(LISTS.read_text(encoding="utf-8")))


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in patterns)
