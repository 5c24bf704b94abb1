"""The built-in expectations on a real database: each one met, and each one broken."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql_place import source
from server_fixtures import Cluster, primary  # noqa: F401 - fixtures

from blocks.sources.postgresql import PostgresSource
from recovery.content import Content
from recovery.errors import RecoveryError
from tasks.expectations import Expectation, import_in_background, run_suite

pytestmark = pytest.mark.slow
_numbers = itertools.count()

SCHEMA = """
create schema sales;
create table customers (id int primary key, name text);
insert into customers select n, 'name ' || n from generate_series(1, 50) n;
create table sales.lines (number int, line int, customer int references customers, primary key (number, line));
insert into sales.lines select n, 1, n from generate_series(1, 50) n;
select lo_from_bytea(0, 'a large object');
"""
BREAKING = {
    "a row is gone": (
        "delete from sales.lines where number = 1",
        "sales.lines: table row count to equal (observed 49)",
    ),
    "a reference is lost": (
        "set session_replication_role = replica; delete from public.customers where id = 7",
        "references of lines_customer_fkey to public.customers are intact (observed 1 lost)",
    ),
    "a table is gone": ("drop table sales.lines", "tables of the manifest (not so: sales.lines)"),
    "a table is extra": ("create table public.extra (v int)", "tables of the manifest (not so: public.extra)"),
}


class Place:
    """A database of its own, and what it held when it was made."""

    def __init__(self, cluster: Cluster) -> None:
        database = f"expected_{next(_numbers)}"
        cluster.run("postgres", f"create database {database}")
        cluster.run(database, SCHEMA)
        self._source: PostgresSource = source(cluster, database, "postgres")
        self.dsn = self._source.staged_dsn().replace(f"{database}__staged", database)
        self.content: Content = self._source.content(staged=False)

    def execute(self, statement: str) -> None:
        with self._source.connected(self._source.database) as database:
            database.execute(statement)

    def failing(self, suite: Path | None = None) -> list[str]:
        return [one.sentence for one in self.results(suite) if not one.ok]

    def results(self, suite: Path | None = None) -> list[Expectation]:
        return run_suite(self.dsn, self.content, suite)


@pytest.fixture
def place(primary: Cluster) -> Iterator[Place]:  # noqa: F811
    import_in_background()
    yield Place(primary)


def test_all_are_met_by_what_was_backed_up(place: Place) -> None:
    results = place.results()
    assert [one.sentence for one in results if not one.ok] == []
    said = "\n".join(one.sentence for one in results)
    assert "the schema holds the 2 tables of the manifest" in said
    assert "references of lines_customer_fkey to public.customers are intact (observed 0 lost)" in said
    assert "sales.lines.number,line: compound columns to be unique" in said
    assert "public.customers.id: column values to not be null" in said


@pytest.mark.parametrize("how", BREAKING)
def test_each_is_broken_by_its_damage(place: Place, how: str) -> None:
    statement, words = BREAKING[how]
    place.execute(statement)
    assert any(words in sentence for sentence in place.failing())


def test_a_suite_of_the_users_is_added(place: Place, tmp_path: Path) -> None:
    suite = tmp_path / "suite.json"
    between = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "id", "max_value": 49}}
    suite.write_text(json.dumps({"customers": [between]}))
    assert place.failing(suite) == ["public.customers.id: column values to be between (observed 1)"]
    suite.write_text(json.dumps({"orders": [between]}))
    assert place.failing(suite) == ["public.orders: is not there, though 1 expectation(s) are about it"]
    suite.write_text("{")
    with pytest.raises(RecoveryError, match=r"suite\.json cannot be read"):
        place.results(suite)
