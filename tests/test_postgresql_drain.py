"""The PostgreSQL drain on a real server: the fence contract, and what is left open on purpose."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from fence_contract import SECRET, FenceContract
from pydantic import SecretStr
from server_fixtures import Cluster, cluster
from test_postgresql_fence import Primary

from blocks.fences.postgresql_drain import PostgresDrain

pytestmark = pytest.mark.slow


class DrainedPrimary(Primary):
    """The same database, with a drain in front of it."""

    def rules(self) -> Any:
        return self.sees(
            f"select setconfig from pg_db_role_setting join pg_roles r on r.oid = setrole where rolname = '{self.role}'"
        )

    def fence(self, **fields: Any) -> PostgresDrain:
        return PostgresDrain(**super().fence().model_dump(exclude={"block_type_slug"}) | fields)


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    with cluster() as server:
        yield server


@pytest.fixture
def primary(own: Cluster) -> DrainedPrimary:
    return DrainedPrimary(own)


class TestPostgresDrain(FenceContract):
    @pytest.fixture
    def fence(self, primary: DrainedPrimary) -> PostgresDrain:
        return primary.fence()

    @pytest.fixture
    def rules(self, primary: DrainedPrimary) -> Callable[[], Any]:
        return primary.rules

    @pytest.fixture
    def undo_behind(self, primary: DrainedPrimary) -> Callable[[], None]:
        reset = f"alter role {primary.role} reset default_transaction_read_only"
        return lambda: primary.server.run("postgres", reset) and None

    @pytest.fixture
    def keep_open(self, primary: DrainedPrimary) -> Callable[[], None]:
        """A role's own setting for the database counts for more than the database's."""
        own = f"alter role {primary.role} in database {primary.name} set default_transaction_read_only = off"
        return lambda: primary.server.run("postgres", own) and None

    @pytest.fixture
    def away(self) -> PostgresDrain:
        words = {"host": "127.0.0.1", "port": 9, "database": "shop", "application_user": "shop"}
        return PostgresDrain(**words, password=SecretStr(SECRET), application_password=SecretStr(SECRET))


def test_what_was_written_can_still_be_read(primary: DrainedPrimary) -> None:
    fence = primary.fence()
    with primary.connect() as session:
        session.execute("insert into orders values (1)")
        fence.raise_fence()
        with pytest.raises(psycopg.OperationalError):
            session.execute("insert into orders values (2)")
    with primary.connect() as session:
        assert session.execute("select count(*) from orders").fetchone() == (1,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            session.execute("insert into orders values (3)")
    fence.lower()
    with primary.connect() as session:
        session.execute("insert into orders values (4)")


def test_a_role_that_was_read_only_before_stays_so(primary: DrainedPrimary) -> None:
    primary.server.run("postgres", f"alter role {primary.role} set default_transaction_read_only = on")
    before, fence = primary.rules(), primary.fence()
    fence.raise_fence()
    fence.lower()
    assert primary.rules() == before


def test_a_dump_does_not_carry_the_drain_along(primary: DrainedPrimary) -> None:
    fence = primary.fence()
    fence.raise_fence()
    sees = "select count(*) from pg_db_role_setting join pg_database d on d.oid = setdatabase where datname = '{name}'"
    assert primary.sees(sees) == [(0,)]
    fence.lower()
