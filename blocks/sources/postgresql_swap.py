"""Creating, renaming and dropping whole databases."""

import re
import time

import psycopg
from psycopg import sql

from blocks.sources.postgresql_content import Database
from recovery.errors import Conflict, NotProved

# Names are quoted only where they must be; what follows WITH is pg_restore's own and holds no semicolon outside quotes.
_CREATE = re.compile(r'^CREATE DATABASE (?P<name>"(?:[^"]|"")+"|\S+) WITH (?P<options>.*);$', re.MULTILINE)
_SWAP_SECONDS = 30


def exists(server: Database, name: str) -> bool:
    return server.execute("select from pg_catalog.pg_database where datname = %s", (name,)).fetchone() is not None


def drop(server: Database, name: str) -> None:
    """Drops a database, whoever is connected. Idempotent."""
    server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def rename(server: Database, old: str, new: str) -> None:
    server.execute(sql.SQL("alter database {} rename to {}").format(sql.Identifier(old), sql.Identifier(new)))


def creating(script: str, name: str) -> list[bytes]:
    """The statement that creates a database like the one that was dumped: its encoding and collation.

    Args:
        script: what `pg_restore --create` prints.
        name: what to call it.

    Raises:
        NotProved: the script holds none.
    """
    found = _CREATE.search(script)
    if found is None:
        raise NotProved("The archive does not say how to create its database: it is no whole dump.")
    return [f"create database {_quoted(name)} with {found['options']}".encode()]


def settings(script: str, name: str) -> list[bytes]:
    """The statements for the dumped database's own settings (`ALTER DATABASE … SET`)."""
    found = _CREATE.search(script)
    if found is None:
        return []
    start = f"ALTER DATABASE {found['name']} SET "
    # They stand before the first \connect; function bodies, which may hold anything, come after it.
    head = script.partition("\n\\connect ")[0] + "\n" + _database_properties(script)
    lines = [line.removeprefix(start) for line in head.splitlines() if line.startswith(start)]
    return [f"alter database {_quoted(name)} set {line.rstrip(';')}".encode() for line in lines]


def swap_in(server: Database, live: str, staged: str, before: str) -> None:
    """Renames the live database to `before`, if there is one, and the staged one to `live`, in one transaction.

    The old one stays closed to connections, so that no client writes to it by mistake.

    Raises:
        Conflict: clients came back faster than they could be turned away; nothing was renamed.
    """
    deadline = time.monotonic() + _SWAP_SECONDS
    while True:
        try:
            with server.transaction():
                if exists(server, live):
                    _close(server, live)
                _close(server, staged)
                if exists(server, live):
                    rename(server, live, before)
                rename(server, staged, live)
                server.execute(sql.SQL("alter database {} allow_connections true").format(sql.Identifier(live)))
            return
        except psycopg.errors.ObjectInUse as error:
            if time.monotonic() > deadline:
                raise Conflict(f"{live} could not be swapped: its clients do not go away.") from error


def _close(server: Database, name: str) -> None:
    server.execute(sql.SQL("alter database {} allow_connections false").format(sql.Identifier(name)))
    server.execute(
        "select pg_catalog.pg_terminate_backend(pid, 1000) from pg_catalog.pg_stat_activity where datname = %s", (name,)
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
