"""A fence made of PostgreSQL's own settings: no connection to the database, and read-only for who gets in anyway."""

import time
from collections.abc import Callable

import psycopg
from pydantic import ConfigDict, Field, SecretStr

from blocks.fences import postgresql_record as record
from blocks.fences.kind import Fence, FenceProof
from blocks.fences.postgresql_write import try_to_write
from blocks.sources.postgresql import PostgresSource
from blocks.sources.postgresql_content import Database
from recovery.errors import RecoveryError, Unreachable
from recovery.model import now

# Whether something is as it should be, and the sentence that says what was seen.
Check = tuple[bool, str]
_SESSIONS = """select pid from pg_stat_activity
    where datname = %s and pid <> pg_backend_pid() and backend_type = 'client backend'"""


class PostgresFence(Fence):
    """Refuses every connection to one database, ends those there are, and makes the server's sessions read-only.

    The database's connection limit becomes 0, which nobody but a superuser passes and no session can set back. The
    server's `default_transaction_read_only` comes on top, for programs that log in as superuser; it counts for every
    database of the server. Both are kept across the server's restart, in its own catalogue, and so is what they were
    before. The user must be a superuser. A server that is dead cannot be fenced so: add another fence to the plan.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    _block_type_name = "PostgreSQL fence"
    _block_type_slug = "postgresql-fence"
    _description = "Keeps writes from a PostgreSQL database: read-only, sessions ended, connections refused, proved."

    host: str = Field(title="Host", description="The server's name or address.")
    port: int = Field(default=5432, ge=1, le=65535, title="Port", description="The server's port.")
    database: str = Field(min_length=1, max_length=35, title="Database", description="The database to fence.")
    user: str = Field(default="postgres", title="User", description="A superuser.")
    password: SecretStr | None = Field(default=None, title="Password", description="The superuser's password.")
    application_user: str = Field(title="Application's user", description="As whom the application writes.")
    application_password: SecretStr | None = Field(
        default=None, title="Application's password", description="A write is tried with it, and rolled back."
    )
    sslmode: str = Field(
        default="prefer",
        pattern="^(disable|allow|prefer|require|verify-ca|verify-full)$",
        title="TLS",
        description="libpq's sslmode. Across a network: verify-full.",
    )
    maintenance_database: str = Field(
        default="postgres", title="Maintenance database", description="Another one, from which to set up the fence."
    )
    connect_timeout_seconds: int = Field(
        default=5, ge=2, title="Connect time-out", description="To connect, in seconds."
    )
    settle_seconds: float = Field(
        default=20, gt=0, title="Settle", description="How long sessions may take to end, in seconds."
    )

    def raise_fence(self) -> None:
        server = self._server()
        with server.connected(self.maintenance_database) as admin:
            record.writable(admin)
            record.shut(admin, self.database)
            self._end_sessions(admin)

    def prove(self) -> FenceProof:
        """All must hold: the settings are read back, no session is left, and the application's write is refused."""

        def read_back(admin: Database) -> list[Check]:
            return [*record.read_back(admin, self.database), self._left(admin)]

        return self._proof("PostgreSQL", "fence", read_back, try_to_write)

    def lower(self) -> None:
        with self._server().connected(self.maintenance_database) as admin:
            record.writable(admin)
            record.open_again(admin, self.database)

    def _proof(
        self, method: str, noun: str, read_back: Callable[[Database], list[Check]], write: Callable[[str], Check]
    ) -> FenceProof:
        """What is read back of the server, and a write that is tried, taken together: all must be good.

        Args:
            method: how it cuts, before the server's name.
            noun: what it is, for the sentence that says that it could not be read back.
            write: tries one, given what the application connects with.
        """
        try:
            with self._server().connected(self.maintenance_database) as admin:
                checks = read_back(admin)
        except RecoveryError as error:
            checks = [(False, f"the {noun} could not be read back ({error.what.rstrip('.')})")]
        checks.append(write(self._words()))
        return FenceProof(
            proved=all(good for good, _ in checks),
            method=f"{method} {self.host}:{self.port}/{self.database}",
            evidence=tuple(sentence for _, sentence in checks),
            at=now(),
        )

    def _end_sessions(self, admin: Database) -> None:
        """One that was just being let in when the limit fell shows up a moment later: two looks must find none."""
        deadline, empty = time.monotonic() + self.settle_seconds, 0
        while empty < 2:
            left = [row[0] for row in admin.execute(_SESSIONS, (self.database,)).fetchall()]
            for pid in left:
                admin.execute("select pg_terminate_backend(%s)", (pid,))
            empty = 0 if left else empty + 1
            if time.monotonic() > deadline:
                raise Unreachable(
                    f"{len(left)} sessions of {self.database} did not end within {self.settle_seconds:g} s.",
                    changed="New connections are refused.",
                )
            time.sleep(0.05)

    def _left(self, admin: Database) -> tuple[bool, str]:
        count = len(admin.execute(_SESSIONS, (self.database,)).fetchall())
        return count == 0, f"{count or 'no'} sessions are left in {self.database}"

    def _server(self) -> PostgresSource:
        return PostgresSource(
            host=self.host,
            port=self.port,
            database=self.database,
            user=self.user,
            password=self.password,
            sslmode=self.sslmode,
            maintenance_database=self.maintenance_database,
            connect_timeout_seconds=self.connect_timeout_seconds,
            statement_timeout_seconds=30,
        )

    def _words(self) -> str:
        """What the application connects with."""
        password = self.application_password.get_secret_value() if self.application_password else None
        return psycopg.conninfo.make_conninfo(
            host=self.host,
            port=self.port,
            dbname=self.database,
            user=self.application_user,
            password=password,
            sslmode=self.sslmode,
            connect_timeout=self.connect_timeout_seconds,
            application_name="lifeboat fence probe",
        )
