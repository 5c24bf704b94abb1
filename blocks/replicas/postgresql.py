"""A PostgreSQL server that follows its primary by streaming replication, and can be promoted."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
from pydantic import ConfigDict, Field, SecretStr

from blocks.fences.postgresql_drain import lift_copies
from blocks.fences.postgresql_record import open_copies, writable
from blocks.replicas.kind import Acceptance, Replica, ReplicaState
from blocks.replicas.postgresql_reading import held, read_state
from blocks.sources.kind import Source
from blocks.sources.postgresql import PostgresSource
from blocks.sources.postgresql_connection import PostgresServer
from recovery.content import Proof, prove
from recovery.errors import NotProved, RecoveryError

_CLUSTER = "select (pg_control_system()).system_identifier::text"
_PROMOTE = "select case when pg_is_in_recovery() then pg_promote(true, %s) else true end"


class PostgresReplica(Replica):
    """A hot standby of the whole server that the primary's database lies in.

    Promoted by `pg_promote`. Its data is the primary's byte for byte, settings of roles and databases too: a drain or a
    fence of the primary that was replicated is taken off afterwards. The user must be a superuser.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    _block_type_name = "PostgreSQL replica"
    _block_type_slug = "postgresql-replica"
    _description = "A PostgreSQL streaming replica: where it stands, its promotion, and the proof of that."

    host: str = Field(title="Host", description="The replica's name or address.")
    port: int = Field(default=5432, ge=1, le=65535, title="Port", description="The replica's port.")
    database: str = Field(min_length=1, max_length=35, title="Database", description="The application's database.")
    user: str = Field(default="postgres", title="User", description="A superuser; the same as at the primary.")
    password: SecretStr | None = Field(default=None, title="Password", description="The superuser's password.")
    application_user: str = Field(title="Application's user", description="As whom the application writes.")
    application_password: SecretStr | None = Field(
        default=None, title="Application's password", description="After the promotion a write is tried with it."
    )
    sslmode: str = Field(
        default="prefer",
        pattern="^(disable|allow|prefer|require|verify-ca|verify-full)$",
        title="TLS",
        description="libpq's sslmode. Across a network: verify-full.",
    )
    maintenance_database: str = Field(
        default="postgres", title="Maintenance database", description="Another one, from which it is promoted."
    )
    connect_timeout_seconds: int = Field(
        default=5, ge=2, title="Connect time-out", description="To connect, in seconds."
    )
    statement_timeout_seconds: int = Field(
        default=3600, ge=1, title="Statement time-out", description="For one statement, in seconds."
    )
    promote_timeout_seconds: int = Field(
        default=60, ge=1, title="Promotion time-out", description="How long a promotion may take, in seconds."
    )

    @property
    def address(self) -> str:
        return self._server().address

    def read(self) -> ReplicaState:
        with self._server().connected(self.maintenance_database) as admin:
            return read_state(admin)

    def hurry(self) -> None:
        with self._server().connected(self.maintenance_database) as admin:
            admin.execute("select pg_wal_replay_resume() where pg_is_in_recovery() and pg_is_wal_replay_paused()")

    def end_of(self, primary: Source) -> str:
        server = _postgresql(primary)
        with server.connected(server.maintenance_database) as there:
            found = there.execute(f"select pg_current_wal_flush_lsn()::text, ({_CLUSTER})").fetchone()
        with self._server().connected(self.maintenance_database) as here:
            own = here.execute(_CLUSTER.encode()).fetchone()
        assert found is not None and own is not None
        if found[1] != own[0]:
            raise NotProved(
                f"{self.address} is no replica of {primary.address}: they are clusters of their own.",
                remedy="Name the replica that follows this primary, or create it anew (docs/strategies.md).",
            )
        return str(found[0])

    def compare(self, primary: Source) -> Proof:
        """All tables that are in the log. Sequences are left out: at a replica they stand up to 32 numbers ahead."""
        server = _postgresql(primary)
        with ThreadPoolExecutor(2, thread_name_prefix="fingerprint") as pool:
            there, here = pool.submit(held, server, server.database), pool.submit(held, self._server(), self.database)
            return prove(there.result(), here.result())

    def promote(self) -> None:
        server = self._server()
        with server.connected(self.maintenance_database) as admin:
            wait = (self.promote_timeout_seconds,)
            ended = admin.execute(_PROMOTE, wait).fetchone()
        if ended != (True,):
            raise RecoveryError(
                f"{self.address} was not promoted within {self.promote_timeout_seconds} s.",
                changed="It was told to; it may still become a primary by itself.",
                remedy="Look at its log, then run this again: one that is promoted is found so.",
            )
        with server.connected(self.maintenance_database) as admin:
            writable(admin)
            open_copies(admin)
            lift_copies(admin)

    def try_to_write(self) -> Acceptance:
        role = self.application_user
        words = {"user": role, "password": self.application_password}
        try:
            with psycopg.connect(self._server().model_copy(update=words).conninfo()) as connection:
                # Needs no privilege beyond the usual one, and is written to the log.
                connection.execute("create temporary table lifeboat_promotion_probe () on commit drop")
                connection.rollback()
        except psycopg.Error as error:
            said = (str(error).strip() or type(error).__name__).splitlines()[-1]
            return Acceptance(accepted=False, sentence=f"a write as {role} was refused: {said}")
        return Acceptance(accepted=True, sentence=f"a write as {role} went through, and was rolled back")

    def dsn(self) -> str:
        return self._server().conninfo()

    def _server(self) -> PostgresSource:
        own = {"application_user", "application_password", "promote_timeout_seconds", "block_type_slug"}
        return PostgresSource.model_validate(
            {name: getattr(self, name) for name in type(self).model_fields if name not in own}
        )


def _postgresql(primary: Source) -> PostgresServer:
    if not isinstance(primary, PostgresServer):
        raise RecoveryError(
            f"{primary.address} is no PostgreSQL server, so that none can follow it.",
            remedy="Name a replica only for a component whose source is a postgresql block.",
        )
    return primary
