"""A failover is killed again and again, at boundaries and in the middle of steps: it goes on, nothing acts twice."""

from collections import Counter

import psycopg
import pytest
from killed_run import play
from theatre import Theatre

from demo.customers import Customers
from recovery.clock import Clock
from recovery.history import journals
from recovery.journal import Line, read_journal

pytestmark = pytest.mark.slow

KILLED = -9
KILLS = [
    ("outcome", "fence primary", 0.0),
    ("intent", "restore database", 0.3),
    ("outcome", "restore database", 0.0),
    ("intent", "promote standby", 0.0),
    ("outcome", "promote standby", 0.0),
    ("intent", "configure standby", 1.0),
    ("outcome", "swap DNS", 0.0),
]


def newest() -> tuple[Line, ...]:
    return tuple(read_journal(next(journals())))


def test_killed_seven_times_it_goes_on_and_nothing_acts_twice(theatre: Theatre) -> None:
    state, customers = theatre.world.state, Customers(theatre.world.state)
    known = set(journals())
    for kill in KILLS:
        assert play(*kill) == KILLED, kill
    assert play() == 0
    [journal] = set(journals()) - known
    lines = tuple(read_journal(journal))
    assert sum(line.kind == "opened" for line in lines) == len(KILLS) + 1
    assert Clock.of(lines).ending == "recovered"
    assert theatre.addresses() == (state.addresses.standby,)

    # What was done and stood was not done again; what was cut off in the middle was.
    begun = Counter(line.step for line in lines if line.kind == "intent")
    assert begun["restore database"] == 2
    assert begun["promote standby"] == 2
    assert begun["configure standby"] == 2
    assert begun["declare incident"] == begun["measure data loss"] == begun["swap DNS"] == 1

    # The world itself tells: one promotion, which found nothing live before it, and no two sites that took writes.
    with psycopg.connect(**state.standby.libpq(dbname="postgres")) as connection:
        names = [row[0] for row in connection.execute("select datname from pg_database where datname like 'shop%'")]
    assert names == ["shop"]
    customers.await_orders_at("standby", 5, seconds=20)
    sites = [order["site"] for order in sorted(customers.orders(), key=lambda order: order["at"])]
    first = sites.index("standby")
    assert "primary" not in sites[first:]


def test_when_it_is_through_pressing_again_is_a_new_incident_that_finds_nothing_to_do(theatre: Theatre) -> None:
    known = set(journals())
    assert play(even_if_primary_answers=False) == 0
    [journal] = set(journals()) - known
    lines = tuple(read_journal(journal))
    assert [line.kind for line in lines if line.step == "declare incident"] == ["found-done"]
