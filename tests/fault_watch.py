"""Whether both sites ever take writes: asked at the two databases all the while, and read from what they committed."""

import threading
from datetime import datetime
from typing import Any

import psycopg

from demo.world_state import Database, WorldState

EVERY = 0.3  # seconds between two looks
OTHER = {"primary": "standby", "standby": "primary"}


class Watcher:
    """Asks both databases whether they would take a write of the application, for the length of a `with` block.

    Args:
        state: the world's.
    """

    def __init__(self, state: WorldState) -> None:
        self._primary, self._standby = state.primary, state.standby
        self._stop, self._thread = threading.Event(), threading.Thread(target=self._watch, daemon=True)
        self.taken = {"primary": 0, "standby": 0, "neither": 0}
        self.both = 0

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def _watch(self) -> None:
        while not self._stop.wait(EVERY):
            primary, standby = _takes_writes(self._primary), _takes_writes(self._standby)
            # The primary once more: else a swap between the two questions would look like both.
            if primary and standby and _takes_writes(self._primary):
                self.both += 1
            self.taken["primary" if primary else "standby" if standby else "neither"] += 1


def interleaved(state: WorldState, first: str, since: datetime) -> str | None:
    """What is wrong with the orders that both databases committed: none at the first site after one at the other.

    Args:
        first: the site that took orders in the beginning.
        since: when that was.
    """
    last, begun = _placed(state, first, "max", since), _placed(state, OTHER[first], "min", since)
    if last and begun and last > begun:
        return f"the {first} took an order at {last:%H:%M:%S.%f}, and the {OTHER[first]} one at {begun:%H:%M:%S.%f}"
    return None


def names_at(database: Database, like: str) -> list[str]:
    """The databases of a cluster, by their names."""
    with psycopg.connect(**_behind_the_gate(database)) as connection:
        query = "select datname from pg_database where datname like %s order by datname"
        return [str(row[0]) for row in connection.execute(query, (like,))]


def _placed(state: WorldState, site: str, which: str, since: datetime) -> datetime | None:
    database = state.primary if site == "primary" else state.standby
    query = f"select {which}(placed_at) from orders where site = %s and placed_at >= %s"
    with psycopg.connect(**_behind_the_gate(database, "shop")) as connection:
        row = connection.execute(query.encode(), (site, since)).fetchone()
    return row[0] if row else None


def _behind_the_gate(database: Database, name: str = "postgres") -> dict[str, Any]:
    """As its superuser, past every fence."""
    words = database.libpq(user="postgres", dbname=name)
    return words | {"host": database.private_address, "connect_timeout": 5}


def _takes_writes(database: Database) -> bool:
    """By the way that the application goes. Nothing is left of it."""
    try:
        with psycopg.connect(**database.libpq(), connect_timeout=2) as connection:
            connection.execute("create temporary table fault_watch () on commit drop")
            connection.rollback()
    except psycopg.Error:
        return False
    return True
