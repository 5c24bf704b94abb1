"""PostgreSQL, by logical dumps in one snapshot."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode

from pydantic import Field

from blocks.sources.postgresql_connection import PostgresServer
from blocks.sources.postgresql_inflow import Inflow
from blocks.sources.postgresql_reading import PostgresReading, Snapshot
from blocks.sources.postgresql_staging import Staging
from blocks.sources.postgresql_swap import drop, exists, swap_in
from recovery.content import Content
from recovery.errors import Missing
from recovery.restoring import choose_way
from recovery.streams import Sink

_KEPT = "select datname from pg_catalog.pg_database where starts_with(datname, %s || '__before_')"

_TABLES = """select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and n.nspname <> 'information_schema' and not starts_with(n.nspname, 'pg_')"""


class PostgresSource(PostgresServer):
    """A PostgreSQL database.

    Reading opens one snapshot, in which pg_dump dumps and every table is fingerprinted at the same time. A restore
    goes to `<database>__staged`, owned by the user who restores; `activate` swaps it in by renaming both in one
    transaction. The database that was live stays as `<database>__before_<time>`, closed to connections.
    Not in a backup: roles, privileges, and rows of materialised views, which a restore computes anew.
    """

    _block_type_name = "PostgreSQL source"
    _block_type_slug = "postgresql"
    _description = "A PostgreSQL database: dumped and fingerprinted in one snapshot, restored beside the live one."

    jobs: int = Field(default=2, ge=1, le=64, title="Jobs", description="How many connections restore at once.")
    newest_query: str | None = Field(
        default=None,
        title="Newest-record query",
        description="SQL that gives the time of the newest business record, e.g. select max(created_at) from orders.",
    )
    stall_timeout_seconds: float = Field(
        default=600, gt=0, title="Stall time-out", description="A dump that says nothing for so long is given up."
    )
    restore_timeout_seconds: float = Field(
        default=6 * 3600, gt=0, title="Restore time-out", description="For one whole restore, in seconds."
    )

    def read(self) -> PostgresReading:
        return PostgresReading(self, self.newest_query, self.stall_timeout_seconds)

    def restore(self, archive: Path) -> None:
        staging = self._staging()
        staging.create(archive)
        staging.fill(archive=archive)
        staging.finish()

    @contextlib.contextmanager
    def restoring(self, size: int, folder: Path, say: Callable[[str], None]) -> Iterator[Sink]:
        way = choose_way(self.jobs, size, shutil.disk_usage(folder).free)
        say(f"{self.label(self.database)}: {way.sentence}")
        with Inflow(self._staging(), folder) if way.streamed else super().restoring(size, folder, say) as sink:
            yield sink

    def content(self, staged: bool) -> Content:
        name = self._staged if staged else self.database
        with self.connected(self.maintenance_database) as server:
            if not exists(server, name):
                raise Missing(f"{self.label(name)} does not exist.")
        snapshot = Snapshot(self, name, self.newest_query)
        try:
            return snapshot.content()
        finally:
            snapshot.close()

    def activate(self) -> None:
        with self.connected(self.maintenance_database) as server:
            if exists(server, self._staged):
                before = f"{self.database}__before_{datetime.now(UTC):%Y%m%d_%H%M%S_%f}"[:-3]
                swap_in(server, live=self.database, staged=self._staged, before=before)
            elif not exists(server, self.database):
                raise Missing(f"{self.label(self._staged)} does not exist: nothing was restored.")

    def discard(self) -> None:
        with self.connected(self.maintenance_database) as server:
            drop(server, self._staged)
            drop(server, f"{self.database}__staging")

    def erase(self) -> None:
        with self.connected(self.maintenance_database) as server:
            kept = server.execute(_KEPT, (self.database,)).fetchall()
            for name in (self.database, *(str(row[0]) for row in kept)):
                drop(server, name)
        self.discard()

    def count_live(self) -> int:
        with self.connected(self.maintenance_database) as server:
            kept = len(server.execute(_KEPT, (self.database,)).fetchall())
            if not exists(server, self.database):
                return kept
        with self.connected(self.database) as live:
            row = live.execute(_TABLES).fetchone()
        return kept + (int(row[0]) if row else 0)

    def staged_dsn(self) -> str:
        password = f":{quote(self.password.get_secret_value(), safe='')}" if self.password else ""
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        options = urlencode({"sslmode": self.sslmode, "connect_timeout": self.connect_timeout_seconds})
        user, name = quote(self.user, safe=""), quote(self._staged, safe="")
        return f"postgresql://{user}{password}@{host}:{self.port}/{name}?{options}"

    def _staging(self) -> Staging:
        return Staging(self, self._staged, self.jobs, self.restore_timeout_seconds)

    @property
    def _staged(self) -> str:
        return f"{self.database}__staged"
