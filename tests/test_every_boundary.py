"""A failover killed at every line of its journal, and in the middle of every step: `make faults`, a quarter of an hour.

Each time it is started again and must end recovered, with nothing done twice and no write at both sites. The quick form
of this is test_killed_runs.py.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from killed_run import play
from theatre import Theatre, read_blocks

from blocks.inventories.ansible import AnsibleInventory
from blocks.sources.kind import Source
from blocks.workspaces.terraform import TerraformWorkspace
from demo.customers import Customers
from recovery.clock import Clock
from recovery.history import journals
from recovery.journal import Line, read_journal

pytestmark = pytest.mark.exhaustive
STANDBY = ("postgresql/shop-standby", "files/uploads-standby")
ONCE = ("declare incident", "promote standby", "swap DNS")
STOP = "ansible-inventory/shop-standby-stop"


class Rewinding:
    """A theatre whose standby can be taken away again, so that the next failover finds the world as the first did."""

    def __init__(self, stage: Theatre, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        inventory = stage.documents["ansible-inventory/shop-standby"]
        mine = {"shop_folder": inventory["variables"]["shop_folder"]}
        stage.documents[STOP] = inventory | {"playbook": "infra/ansible/stop.yml", "variables": mine}
        stage.documents[STOP]["secret_variables"] = {}
        stage.write_blocks()

    def rewind(self) -> None:
        """Back to the primary: users, fence, and nothing at the standby."""
        blocks = read_blocks(self.stage.folder / "blocks.yaml")
        stop, workspace = blocks[STOP], blocks["terraform-workspace/shop-standby"]
        assert isinstance(stop, AnsibleInventory)
        assert isinstance(workspace, TerraformWorkspace)
        stop.run(self.folder / "stop", lambda _line: None)
        for name in STANDBY:
            source = blocks[name]
            assert isinstance(source, Source)
            source.erase()
        workspace.destroy(self.folder / "destroy", lambda _line: None)
        self.stage.point_name_at(self.stage.world.state.addresses.primary)
        self.stage.reopen()

    def played(self, before: set[Path]) -> tuple[Line, ...]:
        [journal] = set(journals()) - before
        return tuple(read_journal(journal))

    def judge(self, lines: tuple[Line, ...], orders_before: int, what: str) -> list[str]:
        """What is wrong with how it came out."""
        state, wrong = self.stage.world.state, list[str]()
        if Clock.of(lines).ending != "recovered":
            wrong.append(f"{what}: it ended {Clock.of(lines).ending}")
        if self.stage.addresses() != (state.addresses.standby,):
            wrong.append(f"{what}: users are sent to {self.stage.addresses()}")
        done = Counter(line.step for line in lines if line.kind == "outcome")
        twice = [step for step, count in done.items() if count > 1]
        wrong += [f"{what}: {step} was done twice" for step in twice if step in ONCE]
        with psycopg.connect(**state.standby.libpq(dbname="postgres")) as connection:
            found = connection.execute("select datname from pg_database where datname like 'shop%'").fetchall()
        if found != [("shop",)]:
            wrong.append(f"{what}: the standby holds {found}")
        customers = Customers(state)
        customers.await_orders_at("standby", 1, seconds=30)
        mine = sorted(customers.orders()[orders_before:], key=lambda order: str(order["at"]))
        sites = [order["site"] for order in mine]
        if "primary" in sites[sites.index("standby") :]:
            wrong.append(f"{what}: both sites took writes")
        return wrong


@pytest.fixture(scope="module")
def rewinding(theatre: Theatre, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rewinding]:
    yield Rewinding(theatre, tmp_path_factory.mktemp("rewinding"))


def boundaries(lines: tuple[Line, ...]) -> list[tuple[str, str, float]]:
    """Every line to be killed after, and half of the time of every step that takes any."""
    at = [(line.kind, line.step, 0.0) for line in lines if line.kind in ("intent", "outcome", "mark", "opened")]
    took = {line.step: line.seconds for line in lines if line.kind == "outcome" and line.seconds}
    return at + [("intent", step, seconds / 2) for step, seconds in took.items() if seconds > 0.1]


@pytest.mark.timeout(3600)
def test_killed_anywhere_it_ends_recovered_and_nothing_acts_twice(rewinding: Rewinding) -> None:
    known, customers = set(journals()), Customers(rewinding.stage.world.state)
    assert play(incident="new") == 0
    points, wrong = boundaries(rewinding.played(known)), list[str]()
    assert len(points) > 40
    for number, (kind, step, seconds) in enumerate(points):
        rewinding.rewind()
        known, orders, what = set(journals()), customers.count(), f"{kind} of {step} + {seconds:.1f} s"
        killed = play(kind, step, seconds, incident="new") == -9
        ended = play() if killed else 0
        found = rewinding.judge(rewinding.played(known), orders, what) if ended == 0 else [f"{what}: it did not go on"]
        print(f"{number + 1} of {len(points)}: {what}: {found or 'well'}", flush=True)
        wrong += found
    assert wrong == []
