"""The failover rehearsed in an isolated copy, on real parts, with the primary under live writes all along."""

import asyncio
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from killed_run import play
from ruamel.yaml import YAML
from theatre import ROOT, Theatre
from world_fixtures import aws_client

from demo.customers import Customers
from demo.ports import free_port
from flows.drill import drill
from recovery.clock import Clock
from recovery.errors import RecoveryError, Refused
from recovery.history import journals
from recovery.journal import Line, read_journal

pytestmark = pytest.mark.slow
NAME, PARKED, COPY = "drill.example.test", "127.0.0.77", "127.0.0.70"
STOPS = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.shell: "[ ! -f {{ folder }}/shop.pid ] || kill $(cat {{ folder }}/shop.pid) || true"
      changed_when: false
"""


class Rehearsal:
    """A plan with a drill, and the places of its own."""

    def __init__(self, stage: Theatre, folder: Path) -> None:
        self.stage, self.folder, self.port, self.ttl = stage, folder, free_port(COPY), itertools.count(3)
        self.words = stage.world.state.scratch.libpq(dbname="shop_drill")
        (folder / "stops.yml").write_text(STOPS)
        stage.documents |= self.documents()
        self.write_plan()
        record = {"Name": NAME, "Type": "A", "TTL": 2, "ResourceRecords": [{"Value": PARKED}]}
        aws_client(stage.world, "route53").change_resource_record_sets(
            HostedZoneId=stage.world.state.aws.zone,
            ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
        )

    def documents(self) -> dict[str, dict[str, Any]]:
        there = self.stage.documents
        here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        workspace, inventory = there["terraform-workspace/shop-standby"], there["ansible-inventory/shop-standby"]
        shop: dict[str, Any] = {"shop_folder": str(self.folder / "shop"), "shop_uploads": str(self.folder / "uploads")}
        shop |= {"shop_address": COPY, "shop_port": self.port, "shop_site": "drill"}
        shop["shop_database"] = {name: self.words[name] for name in ("host", "port", "dbname", "user")}
        return {
            "postgresql/shop-drill": there["postgresql/shop-scratch"] | {"database": "shop_drill"},
            "files/uploads-drill": {"folder": str(self.folder / "uploads")},
            "terraform-workspace/shop-drill": {
                **workspace,
                "variables": {**workspace["variables"], "address": COPY},
                "backend_config": {"path": str(self.folder / "drill.tfstate")},
            },
            "ansible-inventory/shop-drill": {
                **inventory,
                "hosts": {"copy": here},
                "variables": {**inventory["variables"], **shop},
                "secret_variables": {"shop_database_password": self.words["password"]},
                "ssh_private_key": None,
                "known_hosts": "",
            },
            "ansible-inventory/shop-drill-stop": {
                "playbook": str(self.folder / "stops.yml"),
                "hosts": {"copy": here},
                "variables": {"folder": str(self.folder / "shop")},
            },
        }

    def write_plan(self, **changes: Any) -> None:
        """Each with a TTL of its own: moto refuses to create a record again that it ever created, real AWS does not."""
        yaml = YAML()
        plan = yaml.load((ROOT / "plans" / "shop.yaml").read_text())
        plan["dns"]["ttl"] = f"{next(self.ttl)}s"
        plan["drill"] = {
            "region": "eu-west-1",
            "address": COPY,
            "url": f"http://{COPY}:{self.port}",
            "name": NAME,
            "parked": PARKED,
            "restore_to": {"database": "postgresql/shop-drill", "uploads": "files/uploads-drill"},
            "workspace": "terraform-workspace/shop-drill",
            "inventory": "ansible-inventory/shop-drill",
            "tear_down": "ansible-inventory/shop-drill-stop",
            **changes,
        }
        yaml.dump(plan, self.folder / "shop.yaml")

    def left(self) -> list[str]:
        """What stands of the copy."""
        found = [path.name for path in self.folder.glob("uploads*")]
        with psycopg.connect(**self.stage.world.state.scratch.libpq(dbname="postgres")) as connection:
            query = "select datname from pg_database where datname like 'shop_drill%'"
            found += [row[0] for row in connection.execute(query)]
        record = self.stage.zone.read(NAME)
        assert record is not None
        return found + ([] if record.values == (PARKED,) else [str(record.values)])


@pytest.fixture(scope="module")
def rehearsal(theatre: Theatre, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    folder = tmp_path_factory.mktemp("drill")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFEBOAT_PLANS", str(folder))
        made = Rehearsal(theatre, folder)
        theatre.write_blocks()
        yield made


def newest() -> tuple[Line, ...]:
    return tuple(read_journal(next(path for path in journals() if "-drill-" in path.parent.name)))


def test_the_same_steps_on_a_copy_of_which_nothing_is_left(rehearsal: Rehearsal) -> None:
    state, customers = rehearsal.stage.world.state, Customers(rehearsal.stage.world.state)
    before = customers.count()
    asyncio.run(drill.fn(plan="shop"))
    lines = newest()
    done = {line.step for line in lines if line.kind in ("outcome", "found-done")}
    assert {"restore database", "promote standby", "configure standby", "swap DNS", "probe DNS"} <= done
    assert "fence primary" not in done
    assert Clock.of(lines).ending == "recovered"
    assert rehearsal.left() == []
    # Production was served all along, by its primary alone.
    assert rehearsal.stage.addresses() == (state.addresses.primary,)
    customers.await_orders(before + 20, seconds=20)
    assert {order["site"] for order in customers.orders()} == {"primary"}
    with psycopg.connect(**state.standby.libpq(dbname="postgres")) as connection:
        assert connection.execute("select from pg_database where datname = 'shop'").fetchone() is None


def test_one_that_is_killed_leaves_what_the_next_one_removes(rehearsal: Rehearsal) -> None:
    assert play("outcome", "promote standby", flow="drill") == -9
    assert "shop_drill" in rehearsal.left()
    rehearsal.write_plan()
    asyncio.run(drill.fn(plan="shop"))
    assert rehearsal.left() == []


def test_one_that_takes_too_long_or_would_build_too_much_is_stopped_and_removed(rehearsal: Rehearsal) -> None:
    rehearsal.write_plan(within="1s")
    with pytest.raises(RecoveryError, match="it took longer than 1 s"):
        asyncio.run(drill.fn(plan="shop"))
    assert rehearsal.left() == []
    rehearsal.write_plan(most_resources=0)
    with pytest.raises(Refused, match=r"would create \d+ resources, and 0 are allowed"):
        asyncio.run(drill.fn(plan="shop"))
    rehearsal.write_plan()
    assert rehearsal.left() == []


def test_one_that_would_touch_what_is_in_use_is_refused_before_anything(rehearsal: Rehearsal) -> None:
    rehearsal.write_plan(restore_to={"database": "postgresql/shop-scratch", "uploads": "files/uploads-drill"})
    with pytest.raises(Refused, match="The drill is not apart from what is in use"):
        asyncio.run(drill.fn(plan="shop"))
    rehearsal.write_plan()
    assert [line.step for line in newest() if line.kind == "intent"] == []
