"""A theatre whose standby database follows the primary's by streaming replication."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from replica_fixtures import unprivileged
from ruamel.yaml import YAML
from theatre import ROOT, Theatre, read_blocks

from blocks.fences.kind import Fence
from blocks.inventories.ansible import AnsibleInventory
from demo.blocks_file import documents
from demo.postgres import program, start_cluster, superuser
from demo.waiting import listens, wait_until
from demo.world_parts import PRIMARY_DATABASE

STANDBY, REPLICA = "standby-database", "postgresql-replica/shop-standby"
STOP = "ansible-inventory/shop-standby-stop"


class WarmTheatre:
    """A stage for failovers to a replica, which can be set up again after each.

    Args:
        stage: the theatre.
        folder: for the plan.
    """

    def __init__(self, stage: Theatre, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        world = stage.world
        own = {name: getattr(world.state.primary, name) for name in ("superuser_password", "shop_password")}
        # What follows a server has its roles too.
        standby = world.state.standby.model_copy(update=own)
        world.state = world.state.model_copy(update={"standby": standby})
        fresh = documents(world.state)
        for name in ("postgresql/shop-standby", "terraform-workspace/shop-standby", "ansible-inventory/shop-standby"):
            words = ("password", "secret_variables")
            stage.documents[name] |= {word: fresh[name][word] for word in words if word in fresh[name]}
        stage.documents[REPLICA] = {
            "host": standby.address,
            "port": standby.port,
            "database": "shop",
            "password": standby.superuser_password.get_secret_value(),
            "application_user": "shop",
            "application_password": standby.shop_password.get_secret_value(),
        }
        inventory = stage.documents["ansible-inventory/shop-standby"]
        mine = {"shop_folder": inventory["variables"]["shop_folder"]}
        stage.documents[STOP] = inventory | {"playbook": "infra/ansible/stop.yml", "variables": mine}
        stage.documents[STOP]["secret_variables"] = {}
        stage.write_blocks()
        self._write_plan()
        self.seed()

    def seed(self) -> None:
        """Makes the standby's database anew, as a replica of the primary's."""
        primary, standby, processes = self.stage.world.state.primary, self.stage.world.state.standby, self._processes
        processes.stop(STANDBY)
        shutil.rmtree(standby.folder, ignore_errors=True)
        words = psycopg.conninfo.make_conninfo(**superuser(primary) | {"dbname": None})
        command = [*unprivileged(), program("pg_basebackup"), "-D", standby.folder, "-R", "-X", "stream", "-d", words]
        processes.run(f"{STANDBY}-seed", [*command, "--checkpoint=fast", "--no-sync"], seconds=60)
        with (standby.folder / "postgresql.conf").open("a") as settings:
            settings.write(f"listen_addresses = '{standby.private_address}'\nport = {standby.port}\n")
            settings.write("wal_retrieve_retry_interval = '100ms'\n")
        start_cluster(processes, STANDBY, standby)

    def begin_again(self) -> None:
        """Back to the primary: users, fence, and a replica that follows it."""
        blocks, state = read_blocks(self.stage.folder / "blocks.yaml"), self.stage.world.state
        stop = blocks[STOP]
        assert isinstance(stop, AnsibleInventory)
        stop.run(self.folder / "stop", lambda _line: None)
        if not self.stage.world.alive()[PRIMARY_DATABASE]:
            self.stage.world.revive_primary()
        self.stage.point_name_at(state.addresses.primary)
        self.stage.reopen()
        wait_until(listens(state.primary.address, state.primary.port), "the database's own gate", 30)
        drain = blocks["postgresql-drain/shop-primary"]
        assert isinstance(drain, Fence)
        drain.lower()
        self.seed()

    def at_standby(self, query: str) -> object:
        with psycopg.connect(**superuser(self.stage.world.state.standby) | {"dbname": "shop"}) as connection:
            row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None

    @property
    def _processes(self):  # type: ignore[no-untyped-def]
        return self.stage.world.processes

    def _write_plan(self) -> None:
        yaml = YAML()
        plan = yaml.load((ROOT / "plans" / "shop.yaml").read_text())
        plan["strategy"] = "warm-standby"
        plan["components"]["database"]["replica"] = REPLICA
        with (self.folder / "shop.yaml").open("w") as file:
            yaml.dump(plan, file)


@pytest.fixture(scope="module")
def warm(theatre: Theatre, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmTheatre]:
    folder = tmp_path_factory.mktemp("plans")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFEBOAT_PLANS", str(folder))
        yield WarmTheatre(theatre, folder)


__all__ = ["WarmTheatre", "warm"]
