"""PostgreSQL replicas on real servers: the contract, and what a fence or a drain of the primary leaves in the data."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from replica_contract import SECRET, ReplicaContract, caught_up
from replica_fixtures import Replica, replica_of
from server_fixtures import Cluster, cluster, wait_until

from blocks.fences.postgresql import PostgresFence
from blocks.fences.postgresql_drain import PostgresDrain
from blocks.replicas.postgresql import PostgresReplica
from blocks.sources.files import FilesSource
from blocks.sources.postgresql import PostgresSource
from recovery.errors import NotProved, RecoveryError, Unreachable

pytestmark = pytest.mark.slow
PASSWORD = "of the shop: 0815"
SHOP = ("create table orders (id serial primary key)", "create unlogged table visits (at int)")


@pytest.fixture(scope="module")
def primary() -> Iterator[Cluster]:
    with cluster() as server:
        server.run("postgres", f"create role shop login password '{PASSWORD}'", "create database shop owner shop")
        server.run("shop", *SHOP, "insert into visits values (1)", "grant all on all tables in schema public to shop")
        server.run("shop", "grant all on all sequences in schema public to shop")
        yield server


@pytest.fixture
def standby(primary: Cluster) -> Iterator[Replica]:
    """A replica of its own for each test: most of them promote it."""
    with replica_of(primary) as server:
        wait_until(
            lambda: bool(server.run("postgres", "select 1 from pg_stat_wal_receiver where status = 'streaming'")),
            30,
            "streaming",
        )
        yield server


def fields(port: int) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": port, "database": "shop", "password": SecretStr(Cluster.password)}


def block(port: int, **changes: Any) -> PostgresReplica:
    words = {"application_user": "shop", "application_password": SecretStr(PASSWORD), "connect_timeout_seconds": 2}
    return PostgresReplica(**fields(port) | words | changes)


def write_as_shop(port: int) -> None:
    words = {"host": "127.0.0.1", "port": port, "dbname": "shop", "user": "shop", "password": PASSWORD}
    with psycopg.connect(**words, autocommit=True, connect_timeout=5) as connection:
        connection.execute("insert into orders default values")


class TestPostgresReplica(ReplicaContract):
    @pytest.fixture
    def source(self, primary: Cluster) -> PostgresSource:
        return PostgresSource(**fields(primary.port), user="postgres")

    @pytest.fixture
    def replica(self, standby: Replica) -> PostgresReplica:
        return block(standby.port)

    @pytest.fixture
    def write(self, primary: Cluster) -> Callable[[], None]:
        return lambda: write_as_shop(primary.port)

    @pytest.fixture
    def pause(self, standby: Replica) -> Callable[[], None]:
        return lambda: standby.run("postgres", "select pg_wal_replay_pause()") and None

    @pytest.fixture
    def away(self) -> PostgresReplica:
        secrets = {"password": SecretStr(SECRET), "application_password": SecretStr(SECRET)}
        return block(9, **secrets)


def test_what_fence_and_drain_left_in_the_data_is_taken_off_and_only_there(primary: Cluster, standby: Replica) -> None:
    replica, source = block(standby.port), PostgresSource(**fields(primary.port), user="postgres")
    words = {"application_user": "shop", "application_password": SecretStr(PASSWORD)}
    fence, drain = PostgresFence(**fields(primary.port), **words), PostgresDrain(**fields(primary.port), **words)
    primary.run("postgres", "alter database shop connection limit 40")
    try:
        drain.raise_fence()
        fence.raise_fence()
        caught_up(replica, source)
        limit = "select datconnlimit from pg_database where datname = 'shop'"
        assert standby.run("postgres", limit) == [(0,)], "the fence is replicated, which is what this test is about"
        replica.promote()
        assert replica.try_to_write().accepted
        write_as_shop(standby.port)
        assert standby.run("postgres", limit) == [(40,)]
        assert standby.run("postgres", "select setconfig from pg_db_role_setting") == []
        assert fence.prove().proved, "the primary's own fence stands"
    finally:
        fence.lower()
        drain.lower()
        primary.run("postgres", "alter database shop connection limit -1")


def test_a_replica_of_another_server_is_found_out(standby: Replica) -> None:
    with cluster() as other:
        source = PostgresSource(**fields(other.port) | {"database": "postgres"}, user="postgres")
        with pytest.raises(NotProved, match="clusters of their own"):
            block(standby.port).end_of(source)


def test_only_a_postgresql_source_can_be_followed(standby: Replica, tmp_path: Any) -> None:
    with pytest.raises(RecoveryError, match="is no PostgreSQL server"):
        block(standby.port).end_of(FilesSource(folder=str(tmp_path)))


def test_a_primary_that_is_away_is_unreachable(standby: Replica) -> None:
    with pytest.raises(Unreachable):
        block(standby.port).end_of(PostgresSource(**fields(9), user="postgres"))


def test_writes_that_would_wait_for_a_server_are_told_beforehand(standby: Replica) -> None:
    standby.run("postgres", "alter system set synchronous_standby_names = 'paris'", "select pg_reload_conf()")
    wait_until(lambda: block(standby.port).read().waits_for == "paris", 10, "the setting")
