"""A replica that is too far behind, on real servers: it stops, a broken glass takes it, or a backup is restored."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from plan_fixtures import EXAMPLES
from pydantic import SecretStr
from replica_fixtures import Replica, replica_of
from server_fixtures import Cluster, cluster, programs, wait_until
from test_backups import KEYS

from blocks.backups import BackupStore
from blocks.chat.courier import Courier
from blocks.replicas.postgresql import PostgresReplica
from blocks.sources.postgresql import PostgresSource
from blocks.vaults.folder import FolderVault
from recovery.errors import Refused
from recovery.journal import Journal
from recovery.outcome import Outcome
from recovery.plan import Objectives
from recovery.plan_file import read_plan
from recovery.plan_strategy import Replication
from recovery.resume import Earlier
from recovery.secrets import Scrubber
from tasks.follow_replicas import follow_replicas
from tasks.promote_standby import promote_standby
from tasks.read_replicas import read_replicas
from tasks.run import Run

pytestmark = pytest.mark.slow
FENCED = Outcome(sentence="Fenced.", facts={"proved": True})


class Stage:
    """A primary, a replica that was cut off before the primary's last write, and a backup that has that write."""

    def __init__(self, folder: Path, primary: Cluster, standby: Replica) -> None:
        self.folder, self.standby = folder, standby
        (folder / "vault").mkdir()
        self.vault = FolderVault(folder=str(folder / "vault"))
        self.source, self.target = self._source(primary.port), self._source(standby.port)
        primary.run("postgres", "create database shop")
        primary.run("shop", "create table orders (id int)", "insert into orders values (1)")
        arrived = "select 1 from pg_database where datname = 'shop'"
        wait_until(lambda: bool(standby.run("postgres", arrived)), 30, "the database")
        wait_until(lambda: standby.run("shop", "select id from orders") == [(1,)], 30, "the first order")
        standby.run("postgres", "alter system set primary_conninfo = ''", "select pg_reload_conf()")
        wait_until(lambda: not standby.run("postgres", "select 1 from pg_stat_wal_receiver"), 30, "the cut")
        primary.run("shop", "insert into orders values (2)")
        taken = BackupStore(self.vault, KEYS).take("shop", {"database": self.source}, lambda _line: None)
        facts = {"backup": taken.backup, "taken_at": taken.taken_at.isoformat()}
        self.backup = Outcome(sentence="The newest.", facts=facts)

    def run(self, beyond: Literal["stop", "backup"], earlier: Run | None = None, glass: str | None = None) -> Run:
        plan = read_plan(EXAMPLES / "warm-standby.yaml")
        part = plan.components["database"]
        changes = {"replication": Replication(beyond_rpo=beyond), "components": {"database": part}, "witness": None}
        changes |= {"objectives": Objectives(rto=timedelta(minutes=10), rpo=timedelta(milliseconds=1))}
        replica = PostgresReplica(
            host="127.0.0.1",
            port=self.standby.port,
            database="shop",
            password=SecretStr(Cluster.password),
            application_user="postgres",
            application_password=SecretStr(Cluster.password),
        )
        blocks = {part.source: self.source, part.restore_to: self.target, str(part.replica): replica}
        blocks |= {plan.backup.vault: self.vault, plan.backup.keys: KEYS}
        fields: dict[str, Any] = {"playbook": "failover", "incident": "shop-1", "folder": self.folder}
        fields |= {"plan": plan.model_copy(update=changes), "blocks": blocks, "courier": Courier([])}
        fields |= {"journal": Journal(self.folder / f"{time.time_ns()}.jsonl"), "scrubber": Scrubber()}
        fields |= {"earlier": Earlier(earlier.journal.lines if earlier else ())}
        return Run(**fields, dry_run=False, break_glass=glass, on_platform=False)

    def follow(self, run: Run) -> Outcome:
        [found] = asyncio.run(follow_replicas(run, backup=self.backup, fence=FENCED))
        return found

    def _source(self, port: int) -> PostgresSource:
        words: dict[str, Any] = {"host": "127.0.0.1", "port": port, "database": "shop", "user": "postgres"}
        return PostgresSource(**words, password=SecretStr(Cluster.password), programs=str(programs()))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with cluster() as primary, replica_of(primary) as standby:
        yield Stage(tmp_path_factory.mktemp("behind"), primary, standby)


def test_it_stops_and_asks(stage: Stage) -> None:
    with pytest.raises(Refused, match=r"more than the objective of 0.0 s: promoting it could lose more than") as caught:
        stage.follow(stage.run("stop"))
    assert "at most: from the newest commit that it has to the last sign of life" in caught.value.what
    assert stage.standby.run("postgres", "select pg_is_in_recovery()") == [(True,)]


def test_a_broken_glass_takes_it_as_it_is(stage: Stage) -> None:
    found = stage.follow(stage.run("stop", glass="the board says so"))
    assert (found.facts["use"], found.facts["reason"]) == ("replica", "the board says so")


def test_the_backup_is_restored_where_the_plan_says_so_and_once_only(stage: Stage) -> None:
    first = stage.run("backup")
    asyncio.run(read_replicas(first))
    found = stage.follow(first)
    assert (found.facts["part"], found.facts["proved"]) == ("database", True)
    assert stage.standby.run("shop", "select id from orders") == [(1,)], "not live before the promotion"
    begun = [line.step for line in first.journal.lines if line.kind == "intent"]
    assert begun == ["read replicas", "catch up database", "free replica database", "restore database"]

    # Gone on with: the replica was freed, so that it is no replica any more, and this is no reason to stop.
    again = stage.run("backup", earlier=first)
    asyncio.run(read_replicas(again))
    assert stage.follow(again).facts["backup"] == stage.backup.facts["backup"]
    assert "catch up database" not in [line.step for line in again.journal.lines]
    asyncio.run(promote_standby(again, fence=FENCED, recovered=[found]))
    assert stage.standby.run("shop", "select id from orders order by id") == [(1,), (2,)]
