"""Creating, renaming and dropping whole databases."""

import re

import psycopg
from psycopg import sql

from blocks.sources.postgresql_content import Database
from recovery.errors import Conflict, NotProved

# Names are quoted only where they must be; what follows WITH is pg_restore's own and holds no semicolon outside quotes.
_CREATE = re.compile(r'^CREATE DATABASE (?P<name>"(?:[^"]|"")+"|\S+) WITH (?P<options>.*);$', re.MULTILINE)
_HEADER = re.compile(r"^-- Name: .*; Type: (?P<kind>[A-Z ]+); Schema: .*$", re.MULTILINE)
# Waits up to 5 s for each session to be gone.
_TERMINATE = """
    select pg_catalog.pg_terminate_backend(pid, 5000) from pg_catalog.pg_stat_activity
    where datname = %s and backend_type = 'client backend'
"""


def exists(server: Database, name: str) -> bool:
    return server.execute("select from pg_catalog.pg_database where datname = %s", (name,)).fetchone() is not None


def drop(server: Database, name: str) -> None:
    """Drops a database, whoever is connected. Idempotent."""
    server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def rename(server: Database, old: str, new: str) -> None:
    server.execute(sql.SQL("alter database {} rename to {}").format(sql.Identifier(old), sql.Identifier(new)))


def creating(script: str, name: str) -> bytes:
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
    return f"create database {_quoted(name)} with {found['options']}".encode()


def settings(script: str, name: str) -> list[bytes]:
    """The statements for the dumped database's own settings (`ALTER DATABASE … SET`)."""
    found = _CREATE.search(script)
    if found is None:
        return []
    start = f"ALTER DATABASE {found['name']} SET "
    lines = [line for line in _properties(script).splitlines() if line.startswith(start)]
    return [f"alter database {_quoted(name)} set {line.removeprefix(start).rstrip(';')}".encode() for line in lines]


def _properties(script: str) -> str:
    """The part of the script that holds them. It stands before every object whose text could look like it."""
    headers = [*_HEADER.finditer(script)]
    for header, following in zip(headers, [*headers[1:], None], strict=True):
        if header["kind"] == "DATABASE PROPERTIES":
            return script[header.end() : following.start() if following else None]
        if header["kind"] not in ("DATABASE", "COMMENT", "ACL"):
            break
    return ""


def swap_in(server: Database, live: str, staged: str, before: str) -> None:
    """Renames the live database to `before`, if there is one, and the staged one to `live`, in one transaction.

    The old one stays closed to connections, so that no client writes to it by mistake.

    Raises:
        Conflict: clients could not be turned away; nothing was renamed.
    """
    replaced = exists(server, live)
    try:
        for name in (live, staged) if replaced else (staged,):
            # Closed first, or clients that reconnect at once would keep the rename from happening.
            _allow_connections(server, name, False)
            server.execute(_TERMINATE, (name,))
        with server.transaction():
            if replaced:
                rename(server, live, before)
            rename(server, staged, live)
            _allow_connections(server, live, True)
    except psycopg.Error as error:
        if server.closed:
            raise
        for name in (live, staged) if replaced else (staged,):
            _allow_connections(server, name, True)
        if isinstance(error, psycopg.errors.ObjectInUse):
            raise Conflict(f"{live} could not be swapped: somebody stays connected to it or to {staged}.") from error
        raise


def _allow_connections(server: Database, name: str, allowed: bool) -> None:
    word = sql.SQL("true" if allowed else "false")
    server.execute(sql.SQL("alter database {} allow_connections {}").format(sql.Identifier(name), word))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
