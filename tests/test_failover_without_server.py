"""A whole failover with no Prefect server at all, chat down, and what comes after it."""

import asyncio

import pytest
from theatre import ROOT, Theatre, closed_port
from world_fixtures import left_over

from demo.customers import Customers
from demo.waiting import wait_until
from flows.backup import backup
from recovery.clock import Clock
from recovery.forecast_steps import steps_of
from recovery.journal import Line
from recovery.plan_file import read_plan

pytestmark = pytest.mark.slow


def assert_forecast_waits_as_the_flow_does(lines: tuple[Line, ...]) -> None:
    begun = {line.step: line.number for line in reversed(lines) if line.kind == "intent"}
    ended = {line.step: line.number for line in lines if line.kind == "outcome"}
    steps = [step for step in steps_of(read_plan(ROOT / "plans" / "shop.yaml"), []) if step.name in begun]
    assert len(steps) >= 14
    assert all(ended[needed] < begun[step.name] for step in steps for needed in step.after if needed in ended)


def test_recovery_and_what_comes_after_it(theatre: Theatre) -> None:
    state, customers = theatre.world.state, Customers(theatre.world.state)
    theatre.write_blocks({"slack-chat/operations": {"base_url": f"http://127.0.0.1:{closed_port()}/api/"}})
    theatre.world.kill_primary()
    lines, error = theatre.fail_over(even_if_primary_answers=False, break_glass="the server is gone")
    assert error is None
    assert lines[0].data["break_glass"] == "the server is gone"
    assert theatre.addresses() == (state.addresses.standby,)
    customers.await_orders_at("standby", 3, seconds=10)
    clock = Clock.of(lines)
    assert clock.ending == "recovered"
    assert clock.rpo.seconds is not None
    assert clock.rpo.seconds > 0

    assert_forecast_waits_as_the_flow_does(lines)
    told = next(line for line in lines if line.step == "declare incident" and line.kind == "outcome")
    assert told.data["expected"]["objective"] == 900

    # The dead primary comes back to life: no order reaches it, by whatever door.
    theatre.world.revive_primary()
    at_primary = len([order for order in customers.orders() if order["site"] == "primary"])
    customers.await_orders_at("standby", 20, seconds=10)
    assert len([order for order in customers.orders() if order["site"] == "primary"]) == at_primary

    # Pressing the button again does nothing, and says so.
    lines, error = theatre.fail_over(even_if_primary_answers=False)
    assert error is None
    assert [line.kind for line in lines if line.step == "declare incident"] == ["found-done"]
    assert not {"fence primary", "promote standby", "swap DNS"} & {line.step for line in lines}

    # Backups go on, from where the shop now is.
    taken = asyncio.run(backup.fn(plan="shop"))
    assert taken > theatre.backup

    # The journal is in the vault, too.
    keys = [entry.key for entry in theatre.vault.entries("journals/shop/")]
    wait_until(lambda: any("failover" in key for key in keys), "the journal's copy", 5)


def test_nothing_is_left_of_the_world(theatre: Theatre) -> None:
    """Also not the shop that Ansible started at the standby, in a session of its own."""
    assert any("standby/shop" in line for line in left_over(theatre.world.folder))
    theatre.world.stop()
    assert left_over(theatre.world.folder) == []
