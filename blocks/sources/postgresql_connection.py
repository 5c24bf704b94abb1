"""Connections to a PostgreSQL server: bounded in time, errors translated, no password in any of them."""

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
from pydantic import ConfigDict, Field, SecretStr

from blocks.sources.kind import Source
from blocks.sources.postgresql_content import Database, fix_settings
from blocks.sources.postgresql_programs import Programs
from recovery.errors import RecoveryError, Unreachable

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class PostgresServer(Source):
    """What a source needs to know of a PostgreSQL server, and how it is reached. Not a source by itself."""

    # An error about a missing field would print all the others, secrets too.
    model_config = ConfigDict(hide_input_in_errors=True)

    host: str = Field(title="Host", description="The server's name or address.")
    port: int = Field(default=5432, ge=1, le=65535, title="Port", description="The server's port.")
    database: str = Field(
        min_length=1,
        max_length=35,
        title="Database",
        description="The database. At most 35 characters: copies beside it have longer names.",
    )
    user: str = Field(title="User", description="Reads every table; where data is restored, may create databases.")
    password: SecretStr | None = Field(default=None, title="Password", description="The user's password.")
    sslmode: str = Field(
        default="prefer",
        pattern="^(disable|allow|prefer|require|verify-ca|verify-full)$",
        title="TLS",
        description="libpq's sslmode. Across a network: verify-full.",
    )
    maintenance_database: str = Field(
        default="postgres", title="Maintenance database", description="Where databases are created and renamed from."
    )
    programs: str | None = Field(
        default=None, title="Programs", description="The folder of pg_dump and pg_restore; empty: the PATH."
    )
    connect_timeout_seconds: int = Field(
        default=5, ge=2, title="Connect time-out", description="To connect, in seconds."
    )
    statement_timeout_seconds: int = Field(
        default=3600, ge=1, title="Statement time-out", description="For one statement, in seconds."
    )

    @property
    def address(self) -> str:
        host = "localhost" if self.host.lower() in _LOOPBACK else self.host.lower().rstrip(".")
        return f"postgresql://{host}:{self.port}/{self.database}"

    @contextlib.contextmanager
    def connected(self, database: str) -> Iterator[Database]:
        connection = self.connect(database)
        try:
            with self.translated(database):
                yield connection
        finally:
            connection.close()

    def connect(self, database: str) -> Database:
        try:
            connection = psycopg.connect(**self._words(database), autocommit=True)
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[-1]
            raise Unreachable(f"{self.label(database)} could not be reached: {reason}.") from error
        with self.translated(database):
            milliseconds = str(self.statement_timeout_seconds * 1000)
            connection.execute("select set_config('statement_timeout', %s, false)", (milliseconds,))
            fix_settings(connection)
        return connection

    @contextlib.contextmanager
    def translated(self, database: str) -> Iterator[None]:
        """psycopg's errors as ours. A connection that broke, or a server that is going down, is Unreachable."""
        try:
            yield
        except psycopg.Error as error:
            reason = (error.diag.message_primary or str(error) or type(error).__name__).strip().splitlines()[0]
            lost = error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))
            raised = Unreachable if isinstance(error, psycopg.OperationalError) and lost else RecoveryError
            raise raised(f"{self.label(database)} failed: {reason}.") from error

    def _words(self, database: str) -> dict[str, Any]:
        return {
            "host": self.host,
            "port": self.port,
            "dbname": database,
            "user": self.user,
            "password": self.password.get_secret_value() if self.password else None,
            "sslmode": self.sslmode,
            "connect_timeout": self.connect_timeout_seconds,
            "application_name": "lifeboat",
            "keepalives_idle": 30,
            "tcp_user_timeout": 60_000,
        }

    def conninfo(self) -> str:
        """libpq's own way of writing how the database is reached, password and all: never to be shown."""
        return psycopg.conninfo.make_conninfo(**self._words(self.database))

    def client_programs(self) -> Programs:
        settings = {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGSSLMODE": self.sslmode,
            "PGCONNECT_TIMEOUT": str(self.connect_timeout_seconds),
            "PGAPPNAME": "lifeboat",
        }
        if self.password:
            settings["PGPASSWORD"] = self.password.get_secret_value()
        return Programs(self.programs, settings)

    def label(self, database: str) -> str:
        return f"PostgreSQL {self.host}:{self.port}/{database}"
