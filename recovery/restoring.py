"""How a database dump is restored: while it arrives, or from a file, which several connections can read at once."""

import re

from recovery.model import Frozen

# With two, one table is nearly always the longest; and to fetch and open the dump takes a core of its own.
_FEW_JOBS = 2
# A transaction holds a lock for everything that it makes: PostgreSQL's defaults have room for 6,400.
_MOST_ENTRIES = 1000
_LARGE_OBJECT = re.compile(r"^\d+; \d+ \d+ BLOB", re.MULTILINE)


class Way(Frozen):
    """Whether a dump is restored while it arrives, and the sentence that says why."""

    streamed: bool
    sentence: str


def choose_way(jobs: int, size: int, free: int) -> Way:
    """Args:
    jobs: how many connections may restore at once.
    size: bytes of the dump.
    free: bytes that are free where it would be kept.
    """
    if jobs <= _FEW_JOBS:
        why = f"{jobs} jobs would gain less from a file than the fetch takes"
        return Way(streamed=True, sentence=f"The dump is restored while it is fetched: {why}.")
    if free < size:
        room = f"its {size / 1e6:,.0f} MB do not fit into the {free / 1e6:,.0f} MB that are free"
        return Way(streamed=True, sentence=f"The dump is restored while it is fetched, one table at a time: {room}.")
    return Way(streamed=False, sentence=f"The dump is fetched first, so that {jobs} jobs can fill tables at once.")


def in_one_transaction(contents: str) -> bool:
    """Whether all tables can be made and filled in one transaction. Where PostgreSQL writes little log, it then writes
    none for the rows.

    Args:
        contents: what `pg_restore --list` prints. Each large object would need a lock, and one entry holds many.
    """
    entries = [line for line in contents.splitlines() if line and not line.startswith(";")]
    return len(entries) <= _MOST_ENTRIES and not _LARGE_OBJECT.search(contents)
