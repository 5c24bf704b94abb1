"""Reading a database at one moment: the dump streams, and beside it every table is fingerprinted in its snapshot."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from blocks.sources.kind import Reading
from blocks.sources.postgresql_connection import PostgresServer
from blocks.sources.postgresql_content import (
    Database,
    between,
    catalogue_traits,
    fix_settings,
    sequence_positions,
    table_items,
)
from blocks.sources.postgresql_schema import schema_traits
from recovery.content import Content
from recovery.errors import RecoveryError
from recovery.streams import as_file

DUMP = ("pg_dump", "--format=custom", "--compress=none", "--no-password", "--lock-wait-timeout=60s")
SCHEMA = ("pg_dump", "--schema-only", "--no-owner", "--no-privileges", "--no-password", "--lock-wait-timeout=60s")


class Snapshot:
    """One REPEATABLE READ transaction that others can look through, and what it shows."""

    def __init__(self, server: PostgresServer, database: str, newest_query: str | None) -> None:
        self._server, self._name, self._newest_query = server, database, newest_query
        self.database: Database = server.connect(database)
        try:
            with server.translated(database):
                self.identifier, self.taken_at = self._open()
                self._sequences = sequence_positions(self.database)
        except BaseException:
            self.database.close()
            raise

    def _open(self) -> tuple[str, datetime]:
        self.database.execute("begin isolation level repeatable read read only")
        found = self.database.execute("select pg_export_snapshot(), statement_timestamp()").fetchone()
        assert found is not None
        return found

    def content(self) -> Content:
        """Everything but the far end of what sequences moved."""
        with self._server.translated(self._name):
            items = table_items(self.database)
            traits = catalogue_traits(self.database)
            about = "select (pg_control_system()).system_identifier::text, current_setting('server_version')"
            cluster, version = self.database.execute(about).fetchone() or ("unknown", "unknown")
            newest = self._newest()
        seconds = float(self._server.statement_timeout_seconds)
        programs = self._server.client_programs()
        script = programs.run(*SCHEMA, f"--snapshot={self.identifier}", f"--dbname={self._name}", seconds=seconds)
        return Content(
            kind="postgresql",
            origin=f"{cluster}/{self._name}",
            taken_at=self.taken_at,
            items=items,
            traits=traits | schema_traits(script),
            ranges=between(self._sequences, self._sequences),
            newest=newest,
            tools={"server": version, "pg_dump": programs.run("pg_dump", "--version", seconds=10).strip()},
        )

    def sequences_until_now(self) -> dict[str, tuple[int, int]]:
        """Every sequence's range since the snapshot: pg_dump read it at some moment between."""
        with self._server.translated(self._name):
            return between(self._sequences, sequence_positions(self.database))

    def close(self) -> None:
        self.database.close()

    def _newest(self) -> datetime | None:
        if not self._newest_query:
            return None
        # The query is the user's: it finds its tables by the user's search path.
        self.database.execute("reset search_path")
        found: Any = (self.database.execute(self._newest_query.encode()).fetchone() or (None,))[0]
        fix_settings(self.database)
        if found is not None and (not isinstance(found, datetime) or found.tzinfo is None):
            raise RecoveryError(f"The newest-record query of {self._name} must return one timestamp with time zone.")
        return found


class PostgresReading(Reading):
    """A dump being read. Its bytes are pg_dump's custom format, uncompressed: any pg_restore reads it."""

    def __init__(self, server: PostgresServer, newest_query: str | None, stall_seconds: float) -> None:
        self._snapshot = Snapshot(server, server.database, newest_query)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="fingerprint")
        try:
            at = (f"--snapshot={self._snapshot.identifier}", f"--dbname={server.database}")
            self._dump = server.client_programs().stream(*DUMP, *at, stall_seconds=stall_seconds)
        except BaseException:
            self._snapshot.close()
            raise
        self._content = self._pool.submit(self._snapshot.content)
        self._seconds = server.statement_timeout_seconds
        self.stream = as_file(self._dump)

    def content(self) -> Content:
        """To be called after the stream's end: what sequences gave until then is still in the dump."""
        try:
            content = self._content.result(timeout=self._seconds)
        except TimeoutError:
            raise RecoveryError(f"The fingerprints were not ready {self._seconds} s after the dump.") from None
        return content.model_copy(update={"ranges": self._snapshot.sequences_until_now()})

    def __exit__(self, *_: object) -> None:
        self._dump.close()
        if not self._content.done():
            self._snapshot.database.cancel_safe(timeout=5)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._snapshot.close()
