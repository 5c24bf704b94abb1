"""Reading where a PostgreSQL replica stands, and what a server holds that a replica must hold too."""

from typing import Any

from blocks.sources.postgresql_connection import PostgresServer
from blocks.sources.postgresql_content import Database, catalogue_traits, table_items
from recovery.content import Content
from recovery.errors import RecoveryError
from recovery.model import now
from recovery.replica_state import ReplicaState, position

# The control file knows a timeline only from the next checkpoint on, and the receiver only while it is connected.
_FOLLOWING = """
    select coalesce(pg_last_wal_receive_lsn(), '0/0')::text, coalesce(pg_last_wal_replay_lsn(), '0/0')::text,
        greatest((pg_control_checkpoint()).timeline_id, (pg_control_recovery()).min_recovery_end_timeline,
            (select received_tli from pg_stat_wal_receiver)),
        exists (select from pg_stat_wal_receiver where status = 'streaming'), pg_last_xact_replay_timestamp()
"""
# The name of a log file begins with its timeline.
_LEADING = "select pg_current_wal_flush_lsn()::text, substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8)"


def read_state(admin: Database) -> ReplicaState:
    """Where the server stands."""
    asked = "select pg_is_in_recovery(), current_setting('synchronous_standby_names')"
    follows, waits_for = _one(admin, asked)
    if not follows:
        reached, timeline = _one(admin, _LEADING)
        return ReplicaState(
            follows=False,
            streaming=False,
            received=reached,
            replayed=reached,
            timeline=int(timeline, 16),
            waits_for=waits_for,
        )
    received, replayed, timeline, streaming, newest = _one(admin, _FOLLOWING)
    return ReplicaState(
        follows=True,
        streaming=streaming,
        received=max(received, replayed, key=position),  # what comes out of an archive is never received
        replayed=replayed,
        timeline=timeline,
        newest=newest,
        waits_for=waits_for,
    )


def held(server: PostgresServer, database: str) -> Content:
    """The fingerprints of all tables that are in the log, in one snapshot."""
    with server.connected(database) as connection:
        connection.execute("begin isolation level repeatable read read only")
        items, traits = table_items(connection, "p"), catalogue_traits(connection)
    return Content(kind="postgresql", origin=server.address, taken_at=now(), items=items, traits=traits)


def _one(admin: Database, query: str) -> tuple[Any, ...]:
    row = admin.execute(query.encode()).fetchone()
    if row is None:
        raise RecoveryError("The server gave no answer where it must give one.")
    return row
