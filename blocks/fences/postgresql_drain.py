"""A drain made of PostgreSQL's own settings: the application's writes end, and what the database holds can be read."""

from typing import LiteralString

import psycopg
from psycopg import sql
from pydantic import Field

from blocks.fences.kind import FenceProof
from blocks.fences.postgresql import Check, PostgresFence
from blocks.sources.postgresql_content import Database

_READ_ONLY = "default_transaction_read_only"
# A setting that means nothing to PostgreSQL: it says that the other one is this drain's.
_MARK = "lifeboat.drain"
# A role's own settings, not the database's: a dump of the database carries those along, and what is restored would be
# read-only too.
_SETTINGS = """select word from pg_db_role_setting, unnest(setconfig) word, pg_roles r
    where r.oid = setrole and setdatabase = 0 and rolname = %s"""
_DRAINED = """select distinct rolname from pg_db_role_setting, unnest(setconfig) word, pg_roles r
    where r.oid = setrole and setdatabase = 0 and word = %s"""
_SESSIONS = "select pg_terminate_backend(pid) from pg_stat_activity where usename = any(%s) and pid <> pg_backend_pid()"


class PostgresDrain(PostgresFence):
    """Makes every new session of the application's roles read-only, and ends the sessions in its database.

    Kept across the server's restart. It is for a graceful failover, in which the last backup is read after the last
    write: an application that sets its own sessions to read-write passes it, so that a fence has to follow. The user
    must be a superuser.
    """

    _block_type_name = "PostgreSQL drain"
    _block_type_slug = "postgresql-drain"
    _description = "Ends an application's writes to a PostgreSQL database, which can still be read for a last backup."

    other_users: list[str] = Field(
        default=[], title="Other users", description="More roles that write to the database."
    )

    def raise_fence(self) -> None:
        with self._server().connected(self.maintenance_database) as admin:
            for role in self._roles:
                if not _holds(admin, role, f"{_READ_ONLY}=on"):
                    _change(admin, role, "set {} = on")
            self._end_sessions(admin)

    def prove(self) -> FenceProof:
        """All must hold: the settings are read back, and the application's write is refused as read-only."""

        def read_back(admin: Database) -> list[Check]:
            found = {role: _holds(admin, role, f"{_READ_ONLY}=on") for role in self._roles}
            return [(on, f"{role} has {_READ_ONLY} = {'on' if on else 'off'}") for role, on in found.items()]

        return self._proof("read-only PostgreSQL", "drain", read_back, _try_to_write)

    def lower(self) -> None:
        with self._server().connected(self.maintenance_database) as admin:
            lowered = [role for role in self._roles if _holds(admin, role, f"{_MARK}=on")]
            for role in lowered:
                _change(admin, role, "reset {}")
            if lowered:
                self._end_sessions(admin)

    @property
    def _roles(self) -> list[str]:
        return list(dict.fromkeys([self.application_user, *self.other_users]))


def lift_copies(admin: Database) -> None:
    """Lifts the drains that a replica took over from its primary with the data; sessions begun under one are ended."""
    drained = [str(row[0]) for row in admin.execute(_DRAINED, (f"{_MARK}=on",)).fetchall()]
    for role in drained:
        _change(admin, role, "reset {}")
    if drained:
        admin.execute(_SESSIONS, (drained,))


def _change(admin: Database, role: str, change: LiteralString) -> None:
    """Both settings, or none."""
    with admin.transaction():
        for setting in (_mark(), sql.Identifier(_READ_ONLY)):
            line = sql.SQL("alter role {} ").format(sql.Identifier(role)) + sql.SQL(change).format(setting)
            admin.execute(line)


def _holds(admin: Database, role: str, setting: str) -> bool:
    return setting in {str(row[0]) for row in admin.execute(_SETTINGS, (role,)).fetchall()}


def _mark() -> sql.Composable:
    return sql.Identifier(*_MARK.split("."))


def _try_to_write(connection_string: str) -> tuple[bool, str]:
    """Writes as the application does, and rolls back. Only the database's own "read-only" proves anything."""
    try:
        with psycopg.connect(connection_string) as connection:
            connection.execute("create temporary table lifeboat_drain_probe () on commit drop")
            connection.rollback()
    except psycopg.errors.ReadOnlySqlTransaction:
        return True, "a write was tried with the application's role, and refused as read-only"
    except psycopg.Error as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[-1]
        return False, f"a write could not be tried, so nothing is known: {said}"
    return False, "a write went through"
