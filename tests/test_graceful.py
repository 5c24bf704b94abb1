"""To the standby without loss, and back: on real parts, under live writes, every acknowledged order looked up."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from theatre import ROOT, Theatre, closed_port
from way_back import add_way_back, plan_of_shop, write_plan

from blocks.fences.postgresql_drain import PostgresDrain
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


def test_a_graceful_failover_loses_nothing(both_ways: Theatre) -> None:
    state, customers = both_ways.world.state, Customers(both_ways.world.state)
    lines, error = both_ways.fail_over(graceful=True)
    assert error is None
    order = [step for step in steps(lines, "outcome") if step in ("drain primary", "take backup", "fence primary")]
    assert order == ["drain primary", "take backup", "fence primary"]
    loss = next(line for line in lines if line.step == "data loss")
    assert loss.data["rpo_seconds"] == 0
    customers.await_orders_at("standby", 5, seconds=20)
    assert missing_orders(both_ways, "primary") == set()
    assert both_ways.addresses() == (state.addresses.standby,)


def test_the_way_back_keeps_all_that_the_standby_acknowledged(both_ways: Theatre) -> None:
    state, customers = both_ways.world.state, Customers(both_ways.world.state)
    known = set(journals())
    asyncio.run(failback.fn(plan="shop"))
    assert both_ways.addresses() == (state.addresses.standby,), "a dry run changes nothing"
    asyncio.run(failback.fn(plan="shop", mode="for real"))
    lines = max((tuple(read_journal(path)) for path in set(journals()) - known), key=lambda found: found[0].at)
    begun = steps(lines, "intent")
    assert begun.index("fence primary") < begun.index("open target") < begun.index("restore database")
    assert both_ways.addresses() == (state.addresses.primary,)
    so_far = len([order for order in customers.orders() if order["site"] == "primary"])
    customers.await_orders_at("primary", so_far + 5, seconds=20)
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
