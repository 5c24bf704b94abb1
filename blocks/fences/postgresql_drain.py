"""A drain made of PostgreSQL's own settings: the application's writes end, and what the database holds can be read."""

import psycopg
from psycopg import sql

from blocks.fences.kind import FenceProof
from blocks.fences.postgresql import PostgresFence
from blocks.sources.postgresql_content import Database
from recovery.errors import RecoveryError
from recovery.model import now

_READ_ONLY = "default_transaction_read_only"
# A setting that means nothing to PostgreSQL: it says that the other one is this drain's.
_MARK = "lifeboat.drain"
_SETTINGS = """select word from pg_db_role_setting, unnest(setconfig) word, pg_database d
    where d.oid = setdatabase and setrole = 0 and datname = %s"""


class PostgresDrain(PostgresFence):
    """Makes every new session of one database read-only, and ends the sessions there are.

    Kept across the server's restart. It is for a graceful failover, in which the last backup is read after the last
    write: an application that sets its own sessions to read-write passes it, so that a fence has to follow. The user
    must be a superuser.
    """

    _block_type_name = "PostgreSQL drain"
    _block_type_slug = "postgresql-drain"
    _description = "Ends an application's writes to a PostgreSQL database, which can still be read for a last backup."

    def raise_fence(self) -> None:
        with self._server().connected(self.maintenance_database) as admin:
            name = sql.Identifier(self.database)
            if f"{_READ_ONLY}=on" not in self._settings(admin):
                with admin.transaction():
                    admin.execute(sql.SQL("alter database {} set {} = on").format(name, _mark()))
                    admin.execute(sql.SQL(f"alter database {{}} set {_READ_ONLY} = on").format(name))
            self._end_sessions(admin)

    def prove(self) -> FenceProof:
        """Both must hold: the setting is read back, and the application's write is refused as read-only."""
        try:
            with self._server().connected(self.maintenance_database) as admin:
                on = f"{_READ_ONLY}=on" in self._settings(admin)
            checks = [(on, f"{self.database} has {_READ_ONLY} = {'on' if on else 'off'}")]
        except RecoveryError as error:
            checks = [(False, f"the drain could not be read back ({error.what.rstrip('.')})")]
        checks.append(_try_to_write(self._words()))
        return FenceProof(
            proved=all(good for good, _ in checks),
            method=f"read-only PostgreSQL {self.host}:{self.port}/{self.database}",
            evidence=tuple(sentence for _, sentence in checks),
            at=now(),
        )

    def lower(self) -> None:
        with self._server().connected(self.maintenance_database) as admin:
            if f"{_MARK}=on" not in self._settings(admin):
                return
            name = sql.Identifier(self.database)
            with admin.transaction():
                admin.execute(sql.SQL(f"alter database {{}} reset {_READ_ONLY}").format(name))
                admin.execute(sql.SQL("alter database {} reset {}").format(name, _mark()))
            self._end_sessions(admin)

    def _settings(self, admin: Database) -> set[str]:
        return {str(row[0]) for row in admin.execute(_SETTINGS, (self.database,)).fetchall()}


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
