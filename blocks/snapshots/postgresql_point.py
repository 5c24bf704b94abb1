"""A point in a PostgreSQL cluster's log at which it is known what a database held."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

from psycopg import Connection

from blocks.sources.postgresql import PostgresSource
from blocks.sources.postgresql_content import METHOD, sequence_positions
from blocks.sources.postgresql_reading import Snapshot
from recovery.content import Content, Item

# A sequence writes to the log only every so many numbers, and after a recovery goes on from there.
_LOGGED_AHEAD = 32
_INCREMENTS = "select format('sequence %s.%s', schemaname, sequencename), increment_by from pg_catalog.pg_sequences"
_UNLOGGED = """
    select case c.relkind when 'S' then 'sequence ' else '' end || n.nspname || '.' || c.relname
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relpersistence = 'u' and c.relkind in ('r', 'S')
"""
_WRITING = """
    select (select count(*) from pg_catalog.pg_stat_activity where backend_xid is not null)
        + (select count(*) from pg_catalog.pg_prepared_xacts)
"""


class Point(NamedTuple):
    """Args:
    name: of the restore point.
    segment: the file of the log that it is in.
    content: what the database held there.
    """

    name: str
    segment: str
    content: Content


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
        self.point, self.segment, self._before = "", "", dict[str, int]()
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
        made = beside.execute("select pg_walfile_name(pg_create_restore_point(%s))", (point,)).fetchone()
        self.segment = str((made or ("",))[0])
        [writing] = beside.execute(_WRITING).fetchone() or (1,)
        [after] = beside.execute("select pg_current_snapshot()::text").fetchone() or ("",)
        return bool(writing == 0 and after == before)


def known_point(server: PostgresSource, name: str, seconds: float, meanwhile: Callable[[str], object]) -> Point | None:
    """Sets a named restore point, and fingerprints the database as it is there.

    Args:
        server: the live database; its user may call `pg_create_restore_point`.
        name: what the point's name begins with; never used before, or a restore would stop at the older one.
        seconds: how long to wait for a moment at which nobody writes.
        meanwhile: is called while the fingerprint is taken, with the name of the file of the log that the point is in.

    Returns:
        The point, or None where there was no such moment.
    """
    try:
        snapshot = _PointSnapshot(server, server.newest_query, name, seconds)
    except NoQuietMoment:
        return None
    with contextlib.closing(snapshot), ThreadPoolExecutor(1, thread_name_prefix="log") as pool:
        beside = pool.submit(meanwhile, snapshot.segment)
        content = snapshot.content()
        ranges = snapshot.sequences_until_now()
        with server.translated(server.database):
            increments: dict[str, int] = dict(snapshot.database.execute(_INCREMENTS).fetchall())
            unlogged = [name for (name,) in snapshot.database.execute(_UNLOGGED).fetchall()]
        beside.result()
    known = content.model_copy(update={"ranges": _ahead(ranges, increments)})
    return Point(snapshot.point, snapshot.segment, _emptied(known, unlogged))


def content_at(server: PostgresSource) -> Content:
    """What a restored database holds."""
    with contextlib.closing(Snapshot(server, server.database, server.newest_query)) as snapshot:
        return snapshot.content()


def _ahead(ranges: Mapping[str, tuple[int, int]], increments: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    widened = {}
    for name, (low, high) in ranges.items():
        ahead = _LOGGED_AHEAD * increments.get(name, 1)
        widened[name] = (min(low, low + ahead), max(high, high + ahead))
    return widened


def _emptied(content: Content, unlogged: Sequence[str]) -> Content:
    """As a restore leaves it: what is not in the log is not in a physical backup either, and comes back empty."""
    empty = {name: Item(count=0, digest="0", method=METHOD) for name in unlogged if name in content.items}
    anything = {name: (-(2**63), 2**63 - 1) for name in unlogged if name in content.ranges}
    return content.model_copy(update={"items": content.items | empty, "ranges": content.ranges | anything})
