"""The journal's hash chain, checked anew from the lines alone: the report must not take anybody's word for it."""

import json
from collections.abc import Sequence

from blake3 import blake3

from recovery.journal import GENESIS, Line


def first_break(lines: Sequence[Line]) -> int | None:
    """The number of the first line that does not follow from the one before it, or None for a whole chain."""
    before = GENESIS
    for number, line in enumerate(lines):
        bare = line.model_dump(mode="json") | {"hash": ""}
        digest = blake3(json.dumps(bare, sort_keys=True).encode()).hexdigest()
        if line.number != number or line.before != before or line.hash != digest:
            return number
        before = line.hash
    return None


# Needs nothing of Lifeboat: Python and `pip install blake3`.
CHECK = """\
import json, sys
from blake3 import blake3

before = "0" * 64
for number, raw in enumerate(open(sys.argv[1], "rb")):
    line = json.loads(raw)
    claimed, line["hash"] = line["hash"], ""
    digest = blake3(json.dumps(line, sort_keys=True).encode()).hexdigest()
    if (line["number"], line["before"], claimed) != (number, before, digest):
        sys.exit(f"The chain breaks at line {number}.")
    before = digest
    print(number, digest)"""
