"""Which processes a world has: one file, which several programs may write to."""

import fcntl
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter

from recovery.model import Frozen


class Started(Frozen):
    """One process as it stands in the book.

    Args:
        created: when it was created, by the kernel's count: tells it from a later process with the same pid.
        stop_signal: what asks it to end. PostgreSQL wants SIGINT: at SIGTERM it waits for its clients.
        grace: seconds it has for that before it is killed.
    """

    pid: int
    created: float
    log: Path
    stop_signal: int = signal.SIGTERM
    grace: float = 5.0


_BOOK = TypeAdapter(dict[str, Started])


class ProcessBook:
    """Args:
    path: the file. It need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Started]:
        """What stands in it, by name."""
        return _BOOK.validate_json(self._path.read_bytes()) if self._path.exists() else {}

    @contextmanager
    def changed(self) -> Iterator[dict[str, Started]]:
        """What stands in it, to be changed, by one program at a time; written back whole when the block ends well."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self.read()
            yield known
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(_BOOK.dump_json(known, indent=1))
            fresh.replace(self._path)


def tail(log: Path, lines: int = 5) -> str:
    """The end of a log, as a sentence for an error."""
    text = log.read_text(errors="replace").splitlines() if log.exists() else []
    return f" Its log {log} ends: {' | '.join(text[-lines:])}" if text else ""
