"""The receiver's one file: SQLite with a write-ahead log. Whatever was answered with 202 is on disk."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recovery.errors import RecoveryError

# One script a version. Never change one that was released: add another.
MIGRATIONS = (
    """
    create table incidents (
        id integer primary key, name text not null unique, application text not null, opened real not null,
        closed real, action text not null, sentence text not null, flow_run text,
        withdrawn integer not null default 0
    );
    create unique index one_open on incidents (application) where closed is null;
    create table alerts (
        id integer primary key, endpoint text not null, grouping text not null, fingerprint text not null,
        began real not null, status text not null, application text, body text not null, received real not null,
        last_seen real not null, times integer not null default 1, waiting integer not null default 1,
        action text, sentence text, incident integer references incidents (id),
        unique (endpoint, grouping, fingerprint, began)
    );
    create index waiting on alerts (id) where waiting;
    create index of_incident on alerts (incident, status);
    create index firing on alerts (application, last_seen) where status = 'firing';
    create table seen (id text primary key, until real not null);
    create table events (number integer primary key, id text not null unique, body text not null);
    """,
)
BUSY = 5.0  # seconds that another process may hold the file


class Database:
    """The open file. One connection, one transaction at a time; other processes may read it meanwhile."""

    def __init__(self, path: Path) -> None:
        """Opens it, or makes it, for this user only.

        Raises:
            RecoveryError: it cannot be opened, or a newer Lifeboat has written it.
        """
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = full")
            self._migrate(path)
        except (OSError, sqlite3.Error) as error:
            raise RecoveryError(f"The receiver's store {path} cannot be opened: {error}.") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and on disk when it ends. Raises `sqlite3.Error`."""
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _migrate(self, path: Path) -> None:
        (version,) = self._connection.execute("pragma user_version").fetchone()
        if version > len(MIGRATIONS):
            raise RecoveryError(f"The receiver's store {path} was written by a newer Lifeboat.")
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            self._connection.executescript(f"begin immediate; {script} pragma user_version = {number}; commit;")
