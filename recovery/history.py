"""Finds earlier runs on this machine by their journals."""

from collections.abc import Iterator
from pathlib import Path

from recovery.errors import RecoveryError
from recovery.journal import Line, read_journal
from recovery.places import home


def journals() -> Iterator[Path]:
    """Every journal on this machine, the newest first."""
    found = (home() / "incidents").glob("*/journal.jsonl")
    yield from sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def find_run(flow_run: str) -> tuple[Line, ...]:
    """The journal of one Prefect flow run; empty where it never got as far as opening one."""
    for path in journals():
        with path.open() as file:
            if flow_run in file.readline():
                return tuple(read_journal(path))
    return ()


def is_through(flow_run: str) -> bool:
    """By what it put on record itself: a run goes on without a server, and may end when there is none to tell."""
    try:
        lines = find_run(flow_run)
    except (RecoveryError, OSError):
        return False
    return bool(lines) and lines[-1].kind == "closed" and lines[-1].data.get("state") == "completed"


def newest_run(since: float) -> tuple[Line, ...]:
    """The newest journal begun after a moment (seconds since the epoch), or nothing."""
    for path in journals():
        lines = tuple(read_journal(path))
        if lines and lines[0].at.timestamp() >= since:
            return lines
    return ()
