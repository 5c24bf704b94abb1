"""A failover to a streaming replica, on real parts and under live writes: without loss, after a crash, and cut off."""

from collections import Counter

import psycopg
import pytest
from killed_run import play
from warm_fixtures import WarmTheatre, warm

from demo.customers import Customers
from recovery.clock import Clock
from recovery.history import journals
from recovery.journal import Line, read_journal

__all__ = ["warm"]

pytestmark = pytest.mark.slow
TIMELINE = "select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"


def steps(lines: tuple[Line, ...], kind: str) -> list[str]:
    return [line.step for line in lines if line.kind == kind]


def outcome(lines: tuple[Line, ...], step: str) -> Line:
    return next(line for line in lines if (line.step, line.kind) == (step, "outcome"))


def missing(warm: WarmTheatre) -> set[str]:
    """Orders that the primary acknowledged and the promoted replica does not have."""
    state = warm.stage.world.state
    acknowledged = {str(order["id"]) for order in Customers(state).orders() if order["site"] == "primary"}
    with psycopg.connect(**state.standby.libpq(dbname="shop")) as connection:
        return acknowledged - {str(row[0]) for row in connection.execute("select reference from orders")}


def test_a_graceful_failover_to_the_replica_loses_nothing(warm: WarmTheatre) -> None:
    state, customers = warm.stage.world.state, Customers(warm.stage.world.state)
    lines, error = warm.stage.fail_over(mode="dry run", graceful=True)
    assert error is None
    assert "catch up database" in steps(lines, "would")
    assert warm.at_standby("select pg_is_in_recovery()") is True, "a dry run promotes nothing"

    lines, error = warm.stage.fail_over(graceful=True)
    assert error is None, str(error)
    caught = outcome(lines, "catch up database")
    assert caught.data["until"] and "where its primary ended" in caught.sentence
    assert "acknowledged writes are in it" in caught.sentence
    done = steps(lines, "outcome")
    assert done.index("drain primary") < done.index("catch up database") < done.index("fence primary")
    assert "restore database" not in done and "restore uploads" in done
    assert next(line for line in lines if line.step == "data loss").data["rpo_seconds"] == 0
    customers.await_orders_at("standby", 5, seconds=30)
    assert missing(warm) == set()
    assert warm.at_standby(TIMELINE) == "00000002"
    assert warm.stage.addresses() == (state.addresses.standby,)


def test_after_a_crash_under_writes_the_replica_is_promoted_and_the_loss_is_measured(warm: WarmTheatre) -> None:
    warm.begin_again()
    state, customers = warm.stage.world.state, Customers(warm.stage.world.state)
    # What the standby took before it was made anew is lost for good, and counted as such.
    left_behind = [order for order in customers.orders() if order["site"] == "standby"]
    customers.await_orders(customers.count() + 5, seconds=30)
    warm.stage.world.kill_primary()
    lines, error = warm.stage.fail_over(even_if_primary_answers=False)
    assert error is None, str(error)
    done = steps(lines, "outcome")
    assert done.index("fence primary") < done.index("catch up database") < done.index("promote standby")
    assert "restore database" not in done and "restore uploads" in done
    caught = outcome(lines, "catch up database")
    assert caught.data["use"] == "replica" and "within the objective" in caught.sentence
    promoted = outcome(lines, "promote standby")
    assert "its own primary on timeline 2, after 1" in promoted.sentence
    loss = next(line for line in lines if line.step == "data loss").data
    assert len(missing(warm)) == loss["lost"] - len(left_behind)
    assert loss["rpo_seconds"] < 60
    customers.await_orders_at("standby", 5, seconds=30)
    assert Clock.of(lines).ending == "recovered"
    assert warm.stage.addresses() == (state.addresses.standby,)


def test_killed_between_the_promotion_and_its_record_it_goes_on_and_promotes_once(warm: WarmTheatre) -> None:
    warm.begin_again()
    known = set(journals())
    assert play("before outcome", "promote standby", incident="new") == -9
    assert warm.at_standby("select pg_is_in_recovery()") is False, "the world has it, the journal does not"
    assert play() == 0
    [journal] = set(journals()) - known
    lines = tuple(read_journal(journal))
    assert Clock.of(lines).ending == "recovered"
    begun, done = Counter(steps(lines, "intent")), Counter(steps(lines, "outcome"))
    assert (begun["promote standby"], done["promote standby"], done["catch up database"]) == (2, 1, 1)
    assert "catch up database" in steps(lines, "found-done")
    assert warm.at_standby(TIMELINE) == "00000002", "one promotion, not two"
    customers = Customers(warm.stage.world.state)
    so_far = len([order for order in customers.orders() if order["site"] == "standby"])
    customers.await_orders_at("standby", so_far + 5, seconds=30)


def test_what_was_promoted_is_no_replica_any_more_and_nothing_is_touched(warm: WarmTheatre) -> None:
    warm.stage.point_name_at(warm.stage.world.state.addresses.primary)
    lines, error = warm.stage.fail_over()
    assert error is not None
    assert "takes writes of its own, on timeline 2" in error.what
    assert "fence primary" not in steps(lines, "intent")
