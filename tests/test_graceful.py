"""To the standby without loss, and back: on real parts, under live writes, every acknowledged order looked up."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fault_watch import Watcher, names_at
from killed_run import play
from theatre import ROOT, Theatre, closed_port
from way_back import add_way_back, plan_of_shop, write_plan

from blocks.fences.postgresql_drain import PostgresDrain
from blocks.fences.security_group import SecurityGroupFence
from demo.customers import Customers
from demo.drill_place import drain_document
from flows.failback import failback
from recovery.errors import RecoveryError
from recovery.history import journals
from recovery.journal import Line, read_journal

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def both_ways(theatre: Theatre, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """A plan that says how to drain, and how to fail back."""
    folder, plan = tmp_path_factory.mktemp("plans"), plan_of_shop()
    add_way_back(theatre, folder, plan)
    write_plan(folder, plan)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFEBOAT_PLANS", str(folder))
        theatre.write_blocks()
        yield theatre


def steps(lines: tuple[Line, ...], kind: str) -> list[str]:
    return [line.step for line in lines if line.kind == kind]


def missing_orders(theatre: Theatre, site: str) -> set[str]:
    """Acknowledged by that site, and not in the database of the other one."""
    state = theatre.world.state
    other = state.standby if site == "primary" else state.primary
    acknowledged = {str(order["id"]) for order in Customers(state).orders() if order["site"] == site}
    assert acknowledged
    with psycopg.connect(**other.libpq(dbname="shop")) as connection:
        return acknowledged - {str(row[0]) for row in connection.execute("select reference from orders")}


def test_what_fails_before_the_promotion_leaves_the_primary_as_it_was(both_ways: Theatre) -> None:
    customers = Customers(both_ways.world.state)
    broken = {"postgresql/shop-standby": {"port": closed_port()}}
    both_ways.write_blocks(broken)
    lines, error = both_ways.fail_over(graceful=True)
    both_ways.write_blocks()
    assert error is not None
    assert "drain primary" in steps(lines, "outcome")
    assert "lower fence" in steps(lines, "outcome")
    customers.await_orders(customers.count() + 3, seconds=20)
    assert both_ways.addresses() == (both_ways.world.state.addresses.primary,)


def played(flow: str, *kills: tuple[str, str], **parameters: object) -> tuple[Line, ...]:
    """Plays it, killed at these lines and started again each time. Returns its journal."""
    known = set(journals())
    for number, kill in enumerate(kills):
        assert play(*kill, flow=flow, incident="unfinished" if number else "new", **parameters) == -9, kill
    assert play(flow=flow, **parameters) == 0
    [journal] = set(journals()) - known
    return tuple(read_journal(journal))


def test_a_graceful_failover_that_is_killed_twice_loses_nothing(both_ways: Theatre) -> None:
    """Behind the fence, which cuts off the drain and the source of the last backup too; and after the promotion."""
    state, customers = both_ways.world.state, Customers(both_ways.world.state)
    with Watcher(state) as watcher:
        kills = ("outcome", "fence primary"), ("outcome", "promote standby")
        lines = played("failover", *kills, graceful=True)
        customers.await_orders_at("standby", 5, seconds=20)
    assert watcher.both == 0
    assert watcher.taken["primary"] and watcher.taken["standby"]
    done = [step for step in steps(lines, "outcome") if step in ("drain primary", "take backup", "promote standby")]
    assert done == ["drain primary", "take backup", "promote standby"]
    assert names_at(state.standby, "shop%") == ["shop"]
    loss = next(line for line in lines if line.step == "data loss")
    assert loss.data["rpo_seconds"] == 0
    assert missing_orders(both_ways, "primary") == set()
    assert both_ways.addresses() == (state.addresses.standby,)


def test_a_way_back_that_fails_before_the_promotion_leaves_the_primary_fenced(both_ways: Theatre) -> None:
    state, customers = both_ways.world.state, Customers(both_ways.world.state)
    both_ways.write_blocks({"postgresql/shop-primary": {"port": closed_port()}})
    with Watcher(state) as watcher:
        with pytest.raises(RecoveryError, match="could not be reached"):
            asyncio.run(failback.fn(plan="shop", mode="for real", incident="new"))
        at_standby = len([order for order in customers.orders() if order["site"] == "standby"])
        customers.await_orders_at("standby", at_standby + 3, seconds=20)
    both_ways.write_blocks()
    assert watcher.both == 0
    assert SecurityGroupFence(**both_ways.documents["security-group-fence/shop-primary"]).prove().proved
    assert both_ways.addresses() == (state.addresses.standby,)


def test_the_way_back_killed_twice_keeps_all_that_the_standby_acknowledged(both_ways: Theatre) -> None:
    state, customers = both_ways.world.state, Customers(both_ways.world.state)
    asyncio.run(failback.fn(plan="shop"))
    assert both_ways.addresses() == (state.addresses.standby,), "a dry run changes nothing"
    with Watcher(state) as watcher:
        lines = played("failback", ("outcome", "open target"), ("outcome", "swap DNS"))
        begun = steps(lines, "intent")
        assert begun.index("fence primary") < begun.index("open target") < begun.index("restore database")
        assert both_ways.addresses() == (state.addresses.primary,)
        so_far = len([order for order in customers.orders() if order["site"] == "primary"])
        customers.await_orders_at("primary", so_far + 5, seconds=20)
    assert watcher.both == 0
    assert [name for name in names_at(state.primary, "shop%") if "__before_" not in name] == ["shop"]
    assert begun.count("promote standby") == begun.count("swap DNS") == 1
    assert missing_orders(both_ways, "standby") == set()
    assert not PostgresDrain(**drain_document(state.primary)).prove().proved


def test_without_a_way_back_in_the_plan_it_is_refused(
    both_ways: Theatre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "plans" / "shop.yaml").read_text()
    (tmp_path / "shop.yaml").write_text(text.replace("drain: postgresql-drain/shop-primary\n", ""))
    monkeypatch.setenv("LIFEBOAT_PLANS", str(tmp_path))
    with pytest.raises(RecoveryError, match="does not say how to fail back"):
        asyncio.run(failback.fn(plan="shop"))
    _, error = both_ways.fail_over(graceful=True)
    assert error is not None
    assert "its writes cannot be held back" in error.what
