"""The failover rehearsed in an isolated copy, on real parts, with the primary under live writes all along."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from killed_run import play
from ruamel.yaml import YAML
from theatre import ROOT, Theatre

from demo.customers import Customers
from flows.drill import drill
from recovery.clock import Clock
from recovery.errors import RecoveryError, Refused
from recovery.history import journals
from recovery.journal import Line, read_journal

pytestmark = pytest.mark.slow
NAME = "drill.shop.example.test"


class Rehearsal:
    """The drill of the demo's plan, and a look at what stands of its copy."""

    def __init__(self, stage: Theatre, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        # Beside the theatre's own: the real provider plays in the story itself.
        module = {"module": "infra/terraform/standby-builtin", "backend_config": {"path": str(folder / "tfstate")}}
        stage.documents["terraform-workspace/shop-drill"] |= module
        self.write_plan()

    def write_plan(self, **changes: Any) -> None:
        yaml = YAML()
        plan = yaml.load((ROOT / "plans" / "shop.yaml").read_text())
        plan["drill"] |= changes
        yaml.dump(plan, self.folder / "shop.yaml")

    def left(self) -> list[str]:
        """What stands of the copy."""
        state = self.stage.world.state
        found = [path.name for path in (state.folder / "drill").glob("uploads*")]
        with psycopg.connect(**state.scratch.libpq(dbname="postgres")) as connection:
            query = "select datname from pg_database where datname like 'shop_drill%'"
            found += [row[0] for row in connection.execute(query)]
        record = self.stage.zone.read(NAME)
        assert record is not None
        return found + ([] if record.values == (state.addresses.parked,) else [str(record.values)])


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
    # The next one rehearses the rebuild after ransomware, by its steps, and leaves the primary alone as well.
    asyncio.run(drill.fn(plan="shop", ransomware=True))
    assert rehearsal.left() == []
    steps = {line.step: line.sentence for line in newest() if line.kind in ("outcome", "found-done")}
    assert f"The last clean backup is {rehearsal.stage.backup}" in steps["choose backup"]
    assert {"check clean site", "clear targets", "restore database", "promote standby", "probe DNS"} <= steps.keys()
    assert not {"fence primary", "hold backups", "keep evidence of database", "rotate secrets"} & steps.keys()


def test_one_that_takes_too_long_or_would_build_too_much_is_stopped_and_removed(rehearsal: Rehearsal) -> None:
    rehearsal.write_plan(within="1s")
    with pytest.raises(RecoveryError, match="it took longer than 1 s"):
        asyncio.run(drill.fn(plan="shop"))
    assert rehearsal.left() == []
    rehearsal.write_plan(most_resources=0)
    with pytest.raises(Refused, match=r"would create \d+ resources, and 0 are allowed"):
        asyncio.run(drill.fn(plan="shop"))
    assert rehearsal.left() == []
    rehearsal.write_plan(within="30m", most_resources=20)


def test_one_that_would_touch_what_is_in_use_is_refused_before_anything(rehearsal: Rehearsal) -> None:
    rehearsal.write_plan(restore_to={"database": "postgresql/shop-scratch", "uploads": "files/uploads-drill"})
    with pytest.raises(Refused, match="The drill is not apart from what is in use"):
        asyncio.run(drill.fn(plan="shop"))
    rehearsal.write_plan()
    assert [line.step for line in newest() if line.kind == "intent"] == []
