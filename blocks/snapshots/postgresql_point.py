"""A point in a PostgreSQL cluster's log at which it is known what a database held."""

import json
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from blake3 import blake3
from psycopg import Connection

from blocks.sources.postgresql import PostgresSource
from blocks.sources.postgresql_content import sequence_positions
from blocks.sources.postgresql_reading import Snapshot
from recovery.content import Content
from recovery.errors import RecoveryError

# A sequence writes to the log only every so many numbers, and after a recovery goes on from there.
_LOGGED_AHEAD = 32
_INCREMENTS = "select format('sequence %s.%s', schemaname, sequencename), increment_by from pg_catalog.pg_sequences"
_WRITING = """
    select (select count(*) from pg_catalog.pg_stat_activity where backend_xid is not null)
        + (select count(*) from pg_catalog.pg_prepared_xacts)
"""


class NoQuietMoment(Exception):
    """Somebody was writing at every try."""


class _PointSnapshot(Snapshot):
    """A snapshot that shows exactly what a restore to its named point holds.

    A commit is in the log some time before others see it, so a snapshot that is taken while somebody writes may lack
    what a restore to the same moment holds. So it counts only if, after the point was set, no transaction that has
    written is under way, and then, nothing has ended since the snapshot was taken. In this order: whatever was
    committed in the log before the point is either still seen under way, or has ended by then.
    """

    def __init__(self, server: PostgresSource, newest_query: str | None, name: str, seconds: float) -> None:
        self._base, self._seconds = name, seconds
        self.point, self._before = "", dict[str, int]()
        super().__init__(server, server.database, newest_query)
        # A sequence may have moved on since the point: what it gave before is the least that a restore can hold.
        self._sequences |= self._before

    def _open(self) -> tuple[str, datetime]:
        with self._server.connected(self._name) as beside:
            deadline, tries = time.monotonic() + self._seconds, 0
            while time.monotonic() < deadline:
                tries += 1
                self._before = sequence_positions(beside)
                # Recovery stops at the first point of that name: no two may share one.
                point = f"{self._base}-{tries}"
                if self._quiet(beside, point):
                    self.point = point
                    found = self.database.execute("select pg_export_snapshot(), clock_timestamp()").fetchone()
                    assert found is not None
                    return found
                self.database.execute("rollback")
                time.sleep(0.002 * (tries % 7))  # out of step with whoever writes in a rhythm
        raise NoQuietMoment

    def _quiet(self, beside: Connection[tuple[object, ...]], point: str) -> bool:
        self.database.execute("begin isolation level repeatable read read only")
        [before] = self.database.execute("select pg_current_snapshot()::text").fetchone() or ("",)
        beside.execute(f"select pg_create_restore_point('{point}')".encode())
        [writing] = beside.execute(_WRITING).fetchone() or (1,)
        [after] = beside.execute("select pg_current_snapshot()::text").fetchone() or ("",)
        return bool(writing == 0 and after == before)


def known_point(server: PostgresSource, name: str, seconds: float) -> tuple[str, Content] | None:
    """Sets a named restore point, and fingerprints the database as it is there.

    Args:
        server: the live database; its user may call `pg_create_restore_point`.
        name: what the point's name begins with.
        seconds: how long to wait for a moment at which nobody writes.

    Returns:
        The point's whole name and the content, or None where there was no such moment.
    """
    try:
        snapshot = _PointSnapshot(server, server.newest_query, name, seconds)
    except NoQuietMoment:
        return None
    try:
        content = snapshot.content()
        ranges = snapshot.sequences_until_now()
        with server.translated(server.database):
            increments: dict[str, int] = dict(snapshot.database.execute(_INCREMENTS).fetchall())
    finally:
        snapshot.close()
    return snapshot.point, content.model_copy(update={"ranges": _ahead(ranges, increments)})


def content_at(server: PostgresSource) -> Content:
    """What a restored database holds."""
    snapshot = Snapshot(server, server.database, server.newest_query)
    try:
        return snapshot.content()
    finally:
        snapshot.close()


def digest(content: Content) -> str:
    """One digest of all that must be equal; sequences, which need not be, are not in it."""
    told = content.model_dump(mode="json", include={"items", "traits"})
    return blake3(json.dumps(told, sort_keys=True).encode()).hexdigest()


def keep_content(content: Content, folder: str, name: str) -> None:
    path = Path(folder, f"{name}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content.model_dump_json())


def kept(folder: str | None, name: str, expected: str) -> Content | None:
    """The content that was kept, if it is there.

    Raises:
        RecoveryError: it is not the one that the backup names.
    """
    path = Path(folder, f"{name}.json") if folder else None
    if path is None or not path.is_file():
        return None
    content = Content.model_validate_json(path.read_bytes())
    if digest(content) != expected:
        raise RecoveryError(f"{path} is not the content that backup {name} names: it was changed.")
    return content


def _ahead(ranges: Mapping[str, tuple[int, int]], increments: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    widened = {}
    for name, (low, high) in ranges.items():
        ahead = _LOGGED_AHEAD * increments.get(name, 1)
        widened[name] = (min(low, low + ahead), max(high, high + ahead))
    return widened
