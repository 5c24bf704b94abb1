"""Shuts a database and opens it again; what was there before is kept in the server's own catalogue."""

import json
from typing import Any

from psycopg import sql

from blocks.sources.postgresql_content import Database
from recovery.errors import Missing

# A setting that means nothing to PostgreSQL. It is kept for the database, survives a restart, and can be read by SQL.
_RECORD = "lifeboat.fence"
_READ_ONLY = "default_transaction_read_only"
_SHUT = """select datname from pg_db_role_setting, unnest(setconfig) word, pg_database d
    where d.oid = setdatabase and setrole = 0 and word like %s"""


def writable(admin: Database) -> None:
    """Lets this session write although the server is read-only."""
    admin.execute(f"set {_READ_ONLY} = off")


def shut(admin: Database, database: str) -> None:
    """Refuses connections and makes new transactions read-only. What was so before is kept first, in one step."""
    name = sql.Identifier(database)
    with admin.transaction():
        if _kept(admin, database) is None:
            kept = json.dumps({"connection_limit": _limit(admin, database), "read_only": _own_setting(admin)})
            admin.execute(sql.SQL("alter database {} set {} = {}").format(name, _setting(), sql.Literal(kept)))
        admin.execute(sql.SQL("alter database {} connection limit 0").format(name))
    admin.execute(f"alter system set {_READ_ONLY} = on")
    admin.execute("select pg_reload_conf()")


def open_again(admin: Database, database: str) -> None:
    """Gives back what `shut` took; nothing where it took nothing."""
    kept = _kept(admin, database)
    if kept is None:
        return
    before = kept["read_only"]
    if before is None:
        admin.execute(f"alter system reset {_READ_ONLY}")
    else:
        admin.execute(sql.SQL(f"alter system set {_READ_ONLY} = {{}}").format(sql.Literal(before)))
    admin.execute("select pg_reload_conf()")
    _lift_limit(admin, database, kept)


def open_copies(admin: Database) -> None:
    """Opens every database that was shut at another server of which this one is a copy.

    A replica takes the limit and the record over with the data; the other server's own configuration it does not.
    """
    for (database,) in admin.execute(_SHUT, (f"{_RECORD}=%",)).fetchall():
        if kept := _kept(admin, database):
            _lift_limit(admin, database, kept)


def _lift_limit(admin: Database, database: str, kept: dict[str, Any]) -> None:
    name = sql.Identifier(database)
    with admin.transaction():
        limit = sql.Literal(int(kept["connection_limit"]))
        admin.execute(sql.SQL("alter database {} connection limit {}").format(name, limit))
        admin.execute(sql.SQL("alter database {} reset {}").format(name, _setting()))


def read_back(admin: Database, database: str) -> list[tuple[bool, str]]:
    """The settings as the server has them, each with whether it is as the fence wants it."""
    limit, setting = _limit(admin, database), _own_setting(admin)
    return [
        (limit == 0, f"{database} has a connection limit of {limit}"),
        (setting == "on", f"the server's own configuration has {_READ_ONLY} = {setting or 'not set'}"),
    ]


def _limit(admin: Database, database: str) -> int:
    row = admin.execute("select datconnlimit from pg_database where datname = %s", (database,)).fetchone()
    if row is None:
        raise Missing(f"There is no database {database}.", remedy="Correct the fence's database.")
    return int(row[0])


def _own_setting(admin: Database) -> str | None:
    """What ALTER SYSTEM has set; None where it has not."""
    query = "select setting from pg_file_settings where name = %s and sourcefile like '%%postgresql.auto.conf'"
    row = admin.execute(query, (_READ_ONLY,)).fetchone()
    return str(row[0]) if row else None


def _kept(admin: Database, database: str) -> dict[str, Any] | None:
    query = """select split_part(word, '=', 2) from pg_db_role_setting, unnest(setconfig) word, pg_database d
        where d.oid = setdatabase and setrole = 0 and datname = %s and word like %s"""
    row = admin.execute(query, (database, f"{_RECORD}=%")).fetchone()
    return json.loads(row[0]) if row else None


def _setting() -> sql.Composable:
    return sql.Identifier(*_RECORD.split("."))
