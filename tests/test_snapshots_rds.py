"""RDS instances and Aurora clusters against the contract, on moto: it keeps no data, so only calls are shown."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pydantic import SecretStr
from server_fixtures import Cluster, free_ports, primary
from snapshot_contract import FIRST, SECOND, SnapshotContract, assert_sound
from snapshot_fixtures import (
    AWAY,
    HOME,
    assert_policy_fits,
    bare_moto,
    client,
    fields,
    killed_at,
    moto_url,
    new_key,
    unreachable,
)

from blocks.snapshots.aurora_cluster import AuroraClusterSnapshot
from blocks.snapshots.database_probe import DatabaseProbe, TableCheck
from blocks.snapshots.held import identifier
from blocks.snapshots.rds_instance import RdsInstanceSnapshot
from blocks.snapshots.rds_snapshots import RdsSnapshots
from recovery.errors import Conflict, Unreachable

__all__ = ["bare_moto", "moto_url", "primary"]

pytestmark = pytest.mark.slow

_numbers = itertools.count()


class RdsPlace:
    shallow, deepest = "listed", "restored"
    faults: tuple[str, ...] = ()
    noun, verb = "DBSnapshot", "db_snapshot"

    def __init__(self, url: str) -> None:
        self.url, self.home, self.away = url, client("rds", url), client("rds", url, AWAY)
        self.source = f"shop-{next(_numbers)}"
        self.key, self.subnets = new_key(url), f"{self.source}-subnets"
        found = client("ec2", url, AWAY).describe_subnets()["Subnets"]
        self.away.create_db_subnet_group(
            DBSubnetGroupName=self.subnets,
            DBSubnetGroupDescription="isolated",
            SubnetIds=[each["SubnetId"] for each in found],
        )
        self.make()
        self.backup = self.again()
        self.unreachable = unreachable(self.backup)

    def make(self) -> None:
        self.home.create_db_instance(
            DBInstanceIdentifier=self.source,
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername="shop",
            MasterUserPassword="not-to-be-shown",
        )

    def again(self, **changes: Any) -> RdsSnapshots:
        return RdsInstanceSnapshot(**self._fields(instance=self.source, **changes))

    def _fields(self, **more: Any) -> dict[str, Any]:
        where = {"restore_subnet_group": self.subnets, "restore_security_group_ids": ("sg-0123",)}
        return fields(self.url, more.pop("kms_key_id", self.key), **where | more)

    @property
    def damages(self) -> dict[str, tuple[Callable[[], object], str]]:
        def share(who: str) -> Callable[[], object]:
            modify = getattr(self.away, f"modify_{self.verb}_attribute")
            return lambda: modify(**self.copy(), AttributeName="restore", ValuesToAdd=[who])

        # Each leaves the next one to be found.
        return {
            "made public": (share("all"), "is public: everybody may use it"),
            "shared": (share("123412341234"), "is shared with 123412341234"),
            "deleted": (lambda: getattr(self.away, f"delete_{self.verb}")(**self.copy()), f"no backup {FIRST}"),
            "key disabled": (self._disable, "is in the state Disabled"),
        }

    def _disable(self) -> None:
        client("kms", self.url, AWAY).disable_key(KeyId=self.key.rpartition("/")[2])

    def copy(self) -> dict[str, str]:
        return {f"{self.noun}Identifier": identifier(self.backup.address, FIRST)}

    def change_live(self) -> None:
        self.home.modify_db_instance(DBInstanceIdentifier=self.source, BackupRetentionPeriod=9)

    def restored(self) -> object:
        found = self.away.describe_db_instances()["DBInstances"]
        return [
            (each["DBInstanceIdentifier"], each["DbiResourceId"])
            for each in found
            if {"Key": "lifeboat:source", "Value": self.backup.address} in each["TagList"]
        ] or None


class AuroraPlace(RdsPlace):
    noun, verb = "DBClusterSnapshot", "db_cluster_snapshot"

    def make(self) -> None:
        self.home.create_db_cluster(
            DBClusterIdentifier=self.source,
            Engine="aurora-postgresql",
            MasterUsername="shop",
            MasterUserPassword="not-to-be-shown",
        )

    def again(self, **changes: Any) -> RdsSnapshots:
        return AuroraClusterSnapshot(**self._fields(cluster=self.source, **changes))

    def change_live(self) -> None:
        self.home.modify_db_cluster(DBClusterIdentifier=self.source, BackupRetentionPeriod=9)


class TestRdsInstance(SnapshotContract):
    @pytest.fixture
    def place(self, bare_moto: str) -> RdsPlace:
        return RdsPlace(bare_moto)


class TestAuroraCluster(SnapshotContract):
    @pytest.fixture
    def place(self, bare_moto: str) -> AuroraPlace:
        return AuroraPlace(bare_moto)

    def test_a_killed_restore_is_taken_up(self, place: AuroraPlace, monkeypatch: Any) -> None:
        place.backup.take(FIRST)
        dying = place.again()
        killed_at(dying, "create_db_instance", "rds", AWAY, monkeypatch)
        with pytest.raises(KeyboardInterrupt):
            dying.restore(FIRST)
        assert place.restored() is None
        place.backup.restore(FIRST)
        assert_sound(place, FIRST, "restored")
        place.backup.discard()
        assert place.backup._standing("describe_db_clusters", "DBClusters") == []


@pytest.fixture(params=[RdsPlace, AuroraPlace])
def place(request: pytest.FixtureRequest, bare_moto: str) -> RdsPlace:
    return request.param(bare_moto)  # type: ignore[no-any-return]


def test_a_killed_run_is_taken_up(place: RdsPlace, monkeypatch: Any) -> None:
    dying = place.again()
    killed_at(dying, f"copy_{place.verb}", "rds", AWAY, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        dying.take(FIRST)
    [made] = dying._find(HOME)
    assert place.backup.backups() == []
    taken = place.again().take(FIRST)  # another machine
    assert place.backup._find(HOME) == [made]
    assert taken.taken_at == made.taken_at
    assert taken.encrypted
    assert_sound(place, FIRST, "listed")


def test_expiry_goes_on_where_it_was_killed(place: RdsPlace, monkeypatch: Any) -> None:
    for name in (FIRST, SECOND):
        place.backup.take(name)
    dying = place.again()
    killed_at(dying, f"delete_{place.verb}", "rds", HOME, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        dying.expire([])
    assert [len(place.backup._find(region)) for region in (HOME, AWAY)] == [2, 1]
    place.backup.expire([])
    assert [each.name for region in (HOME, AWAY) for each in place.backup._find(region)] == [SECOND, SECOND]


def test_somebody_elses_snapshot_by_our_name_is_left(place: RdsPlace) -> None:
    source = {place.backup.source_field: place.source}
    getattr(place.home, f"create_{place.verb}")(**place.copy(), **source)
    with pytest.raises(Conflict, match="not seen with our tags"):
        place.backup.take(FIRST)


def test_what_takes_too_long_is_said_and_gone_on_with(place: RdsPlace, monkeypatch: Any) -> None:
    slow = place.again(deadline_seconds=0.1)
    with monkeypatch.context() as patch:
        patch.setattr("blocks.snapshots.rds_snapshots._STATES", {})
        with pytest.raises(Unreachable, match="not done with the snapshot"):
            slow.take(FIRST)
    assert slow.take(FIRST).name == FIRST


def test_the_exact_copy(place: RdsPlace) -> None:
    """moto heeds neither the source's region nor the tags that must not be copied."""
    sent: dict[str, Any] = {}
    events = place.backup.aws("rds", AWAY).meta.events
    events.register_first("before-parameter-build.rds.*", lambda params, model, **_: sent.update({model.name: params}))
    place.backup.take(FIRST)
    copied = sent[f"Copy{place.noun}"]
    assert copied["KmsKeyId"] == place.key
    assert copied["SourceRegion"] == HOME
    assert copied["CopyTags"] is False
    assert copied[f"Source{place.noun}Identifier"].startswith(f"arn:aws:rds:{HOME}:")


def test_a_restored_one_that_anybody_can_reach_is_told(bare_moto: str) -> None:
    place = RdsPlace(bare_moto)
    place.backup.take(FIRST)
    name = place.backup.restore(FIRST)
    place.away.modify_db_instance(DBInstanceIdentifier=name, PubliclyAccessible=True)
    shown = place.backup.prove(FIRST)
    assert f"{name} can be reached from the internet" in shown.problems
    assert "restores only: its content was not read" in shown.sentence


def test_what_rds_is_still_busy_with_is_discarded_later(place: RdsPlace, monkeypatch: Any) -> None:
    place.backup.take(FIRST)
    place.backup.restore(FIRST)
    rds = place.backup.aws("rds", AWAY)
    whole, refused = rds.delete_db_instance, []

    def busy(**words: Any) -> Any:
        if not refused:
            refused.append(words)
            raise ClientError({"Error": {"Code": "InvalidDBInstanceState"}}, "DeleteDBInstance")
        return whole(**words)

    monkeypatch.setattr(rds, "delete_db_instance", busy)
    place.backup.discard()
    assert refused and place.restored() is None


@pytest.fixture
def shop(primary: Cluster) -> Iterator[Cluster]:
    """A real database, in place of the one that moto has none of: the probe's DSN is as if through a tunnel."""
    primary.run("postgres", "create database shop")
    rows = "insert into orders select n, timestamptz '2000-01-01 00:00+00' from generate_series(1, 30) n"
    primary.run("shop", "create table orders (id int primary key, at timestamptz not null)", rows)
    primary.run("shop", "insert into orders values (31, now())", "create table secret (v int)")
    primary.run("shop", "grant select on orders to keeper")
    yield primary
    primary.run("postgres", "drop database shop with (force)")


def probe(port: int, *checks: TableCheck, **changes: Any) -> DatabaseProbe:
    told: dict[str, Any] = {"dsn": f"host=127.0.0.1 port={port} dbname=shop", "user": "keeper"}
    told |= {"password": SecretStr(Cluster.password), "checks": checks or (TableCheck(table="orders"),)}
    return DatabaseProbe(**told | changes)


def test_a_restored_database_that_can_be_reached_is_read(bare_moto: str, shop: Cluster) -> None:
    place = RdsPlace(bare_moto)
    place.backup.take(FIRST)
    place.backup.restore(FIRST)
    fresh = TableCheck(table="public.orders", at_least=31, newest="at", rpo_seconds=3600)
    shown = place.again(probe=probe(shop.port, fresh)).prove(FIRST)
    assert shown.problems == ()
    assert shown.depth == "restored"  # it was not compared with its source
    assert "table public.orders has 31 rows; not compared row by row with its source" in shown.sentence
    shop.run("shop", "delete from orders where id = 31")
    problems = place.again(probe=probe(shop.port, fresh)).prove(FIRST).problems
    assert "has 30 rows, fewer than 31" in problems[0]
    assert "over its RPO" in problems[1]


def test_what_a_probe_may_not_or_cannot_read_is_a_problem(shop: Cluster) -> None:
    now = datetime.now(UTC)
    tables = [TableCheck(table=each) for each in ("secret", "none", "orders")]
    _, problems = probe(shop.port, *tables).read(("unused", 1), now) or ("", [])
    assert ["permission denied" in problems[0], "does not exist" in problems[1], len(problems)] == [True, True, 2]
    said = probe(shop.port, password=SecretStr("wrong-and-secret")).read(("unused", 1), now)
    assert said and "password authentication failed" in said[1][0]
    assert "wrong-and-secret" not in str(said)


def test_a_restored_database_that_cannot_be_reached_restores_only(bare_moto: str) -> None:
    place = RdsPlace(bare_moto)
    place.backup.take(FIRST)
    place.backup.restore(FIRST)
    [port] = free_ports(1)
    shown = place.again(probe=probe(port)).prove(FIRST)
    assert shown.problems == ()
    assert shown.depth == "restored"
    assert "restores only: its content was not read (nothing answers at" in shown.sentence


def test_the_policy_allows_what_is_called_and_no_more(place: RdsPlace) -> None:
    heading = "RDS instances" if place.verb == "db_snapshot" else "Aurora clusters"
    assert_policy_fits([place.backup], ("rds", "kms"), heading)
