"""How far the log was replayed in a restored cluster: PostgreSQL takes the first file that is not there for the end."""

from blocks.sources.postgresql import PostgresSource

_HISTORY = "select pg_read_file(format('pg_wal/%s.history', left(pg_walfile_name(pg_current_wal_lsn()), 8)))"


def last_replayed(server: PostgresSource) -> str:
    """The name of the file of the log in which recovery ended, without its timeline.

    Args:
        server: a restored cluster that was promoted; its user is a superuser.
    """
    with server.connected(server.maintenance_database) as database:
        [history] = database.execute(_HISTORY).fetchone() or ("",)
        # Every line is a timeline, where it was left, and why; the last is the one that was recovered.
        [position] = [line.split()[1] for line in str(history).splitlines() if line.strip() and line[0] != "#"][-1:]
        [name] = database.execute("select pg_walfile_name(%s)", (position,)).fetchone() or ("",)
    return str(name)[8:]
