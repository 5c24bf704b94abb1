"""The PostgreSQL fence on a real server: the contract, sessions that fight back, and a restart."""

import itertools
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import psycopg
import pytest
from fence_contract import SECRET, FenceContract
from pydantic import SecretStr
from server_fixtures import _AS_NOBODY, _NOBODY, Cluster, cluster, running, wait_until

from blocks.fences.postgresql import PostgresFence
from recovery.errors import Missing

pytestmark = pytest.mark.slow
PASSWORD = "of the shop: 0815"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    """A server of this module's own: the fence makes all of it read-only, and it is restarted."""
    with cluster() as server:
        yield server


class Primary:
    """A database with a table that the application's role writes to."""

    def __init__(self, server: Cluster) -> None:
        self.server, self.name = server, f"fenced_{next(_numbers)}"
        self.role = f"app_{self.name}"
        server.run(
            "postgres",
            f"create role {self.role} login password '{PASSWORD}'",
            f"create database {self.name} connection limit 50 owner {self.role}",
        )
        server.run(self.name, "create table orders (id int)", f"grant all on orders to {self.role}")

    def fence(self, **fields: Any) -> PostgresFence:
        usual: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.server.port,
            "database": self.name,
            "password": SecretStr(Cluster.password),
            "application_user": self.role,
            "application_password": SecretStr(PASSWORD),
        }
        return PostgresFence(**usual | fields)

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.server.port,
            dbname=self.name,
            user=self.role,
            password=PASSWORD,
            autocommit=True,
        )

    def sees(self, query: str) -> Any:
        return self.server.run("postgres", query.format(name=self.name))

    def rules(self) -> Any:
        return [
            self.sees("select datconnlimit from pg_database where datname = '{name}'"),
            self.sees("select name, setting from pg_file_settings where sourcefile like '%auto.conf'"),
            self.sees(
                "select setconfig from pg_db_role_setting join pg_database d on d.oid = setdatabase "
                "where datname = '{name}'"
            ),
        ]


@pytest.fixture
def primary(own: Cluster) -> Iterator[Primary]:
    made = Primary(own)
    yield made
    made.fence().lower()


class TestPostgresFence(FenceContract):
    @pytest.fixture
    def fence(self, primary: Primary) -> PostgresFence:
        return primary.fence()

    @pytest.fixture
    def rules(self, primary: Primary) -> Callable[[], Any]:
        return primary.rules

    @pytest.fixture
    def undo_behind(self, primary: Primary) -> Callable[[], None]:
        def act() -> None:
            primary.server.run(
                "postgres",
                "set default_transaction_read_only = off",
                f"alter database {primary.name} connection limit 5",
            )

        return act

    @pytest.fixture
    def keep_open(self, primary: Primary) -> Callable[[], None]:
        """A superuser passes the limit and sets the server's read-only off for itself."""
        return lambda: primary.server.run("postgres", f"alter role {primary.role} superuser") and None

    @pytest.fixture
    def away(self) -> PostgresFence:
        return PostgresFence(
            host="127.0.0.1",
            port=9,
            database="shop",
            application_user="shop",
            password=SecretStr(SECRET),
            application_password=SecretStr(SECRET),
        )


def test_a_session_cannot_go_on_nor_set_it_back_nor_come_again(primary: Primary) -> None:
    fence = primary.fence()
    with primary.connect() as session:
        session.execute("insert into orders values (1)")
        session.execute("set default_transaction_read_only = off")
        fence.raise_fence()
        with pytest.raises(psycopg.OperationalError):
            session.execute("insert into orders values (2)")
    with pytest.raises(psycopg.OperationalError, match="too many connections for database"):
        primary.connect()
    assert fence.prove().proved
    fence.lower()
    with primary.connect() as session:
        session.execute("insert into orders values (3)")
        assert session.execute("select array_agg(id order by id) from orders").fetchone() == ([1, 3],)


def test_the_evidence_says_what_was_seen(primary: Primary) -> None:
    fence = primary.fence()
    assert "a write went through" in fence.prove().evidence
    fence.raise_fence()
    assert fence.prove().evidence == (
        f"{primary.name} has a connection limit of 0",
        "the server's own configuration has default_transaction_read_only = on",
        f"no sessions are left in {primary.name}",
        "a write was tried and its connection was refused: too many connections for database",
    )


def test_a_wrong_password_proves_nothing(primary: Primary) -> None:
    fence = primary.fence(application_password=SecretStr(SECRET))
    fence.raise_fence()
    proof = fence.prove()
    assert not proof.proved
    assert "could not be tried" in proof.evidence[-1] and SECRET not in proof.sentence


def test_a_database_that_does_not_exist_is_no_fence(primary: Primary) -> None:
    fence = primary.fence(database="nowhere")
    with pytest.raises(Missing, match="no database nowhere"):
        fence.raise_fence()
    assert not fence.prove().proved


def test_killed_in_between_it_takes_up_where_it_was(primary: Primary, monkeypatch: pytest.MonkeyPatch) -> None:
    before, dying = primary.rules(), primary.fence()
    monkeypatch.setattr(PostgresFence, "_end_sessions", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        dying.raise_fence()
    monkeypatch.undo()
    primary.fence().raise_fence()
    assert primary.fence().prove().proved
    primary.fence().lower()
    assert primary.rules() == before


def test_it_holds_across_a_restart(own: Cluster) -> None:
    """The last one here: afterwards the server is gone."""
    primary = Primary(own)
    primary.fence().raise_fence()
    before = primary.rules()
    with own.connect("postgres") as session:
        server = psutil.Process(session.info.backend_pid).parent()
        assert server is not None
    command = server.cmdline()
    server.send_signal(signal.SIGINT)
    server.wait(30)
    as_before = [*_AS_NOBODY, *_NOBODY] if os.geteuid() == 0 else []
    with running([*as_before, *command], signal.SIGINT, stderr=subprocess.DEVNULL, cwd="/"):
        wait_until(own.alive, 60, "the restart")
        assert primary.rules() == before
        assert primary.fence().prove().proved
        with pytest.raises(psycopg.OperationalError, match="too many connections"):
            primary.connect()
