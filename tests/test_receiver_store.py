"""The receiver's memory: repeats, ends, replays, and what is left after a restart."""

import sqlite3
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alert_fixtures import AT

from doors.receiver.kept import Delivery, Incident, Receipt
from doors.receiver.store import Store
from recovery.alerts.alert import ReceivedAlert
from recovery.alerts.decide import Choice
from recovery.errors import RecoveryError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "alerts.sqlite")


def delivery(status: str = "firing", *, name: str = "f", began: Any = AT, at: Any = AT, seen: str = "") -> Delivery:
    alert = ReceivedAlert.model_validate(
        {
            "source": "alertmanager",
            "fingerprint": name,
            "group": "g",
            "status": status,
            "starts_at": began,
            "application": "shop",
            "severity": "critical",
            "summary": "down",
        }
    )
    hour = timedelta(hours=1)
    fields = {"seen": seen, "seen_for": hour, "repeats_within": hour}
    return Delivery(endpoint="prom", alerts=(alert,), applications=("shop",), at=at, **fields)


def later(minutes: float) -> Any:
    return AT + timedelta(minutes=minutes)


def opened(store: Store, action: Any = "start") -> Incident:
    waiting = store.waiting()
    incident = store.record("shop", [(each, Choice(action=action, sentence="So.")) for each in waiting], AT)
    assert incident
    return incident


def test_repeats_are_counted_and_not_kept_twice(store: Store) -> None:
    receipts = store.keep([delivery(), delivery(at=later(1)), delivery(name="other")])
    assert [each.new for each in receipts] == [1, 0, 1]
    assert store.keep([delivery()])[0].repeated == 1
    assert len(store.waiting()) == 2


def test_an_end_is_matched_by_what_it_is_about(store: Store) -> None:
    """CloudWatch's end has a moment of its own; Alertmanager's has that of the beginning."""
    store.keep([delivery()])
    incident = opened(store)
    assert incident.firing == 1
    store.keep([delivery("resolved", began=later(5), at=later(5))])
    assert [each.firing for each in store.open_incidents()] == [0]
    assert store.candidate(incident, "start", later(-60)) is None


def test_an_end_that_overtakes_its_beginning_still_ends_it(store: Store) -> None:
    store.keep([delivery("resolved", at=later(1))])
    assert store.keep([delivery(at=later(2))])[0].new == 0
    assert store.keep([delivery(began=later(-3), at=later(2))])[0].new == 1  # kept, and known to be over
    assert store.waiting() == []
    store.keep([delivery(began=later(3), at=later(3))])
    assert len(store.waiting()) == 1  # this is another one


def test_without_a_beginning_the_first_repeat_is_it_for_a_while(store: Store) -> None:
    def times(*minutes: float) -> list[int]:
        return [store.keep([delivery(began=None, at=later(each))])[0].new for each in minutes]

    assert times(0, 1, 59, 100) == [1, 0, 0, 0]
    assert times(170) == [1]
    store.keep([delivery("resolved", began=None, at=later(171))])
    assert times(172) == [1]


def test_what_came_before_does_not_count_again_unless_it_could_not_be_kept(store: Store) -> None:
    broken = delivery(seen="a").model_copy(update={"applications": ()})
    with pytest.raises(ValueError, match="shorter"):
        store.keep([broken])
    assert store.keep([delivery(seen="a")])[0] == Receipt(new=1)
    assert store.keep([delivery(seen="a", name="other")])[0] == Receipt(replayed=True)
    store.prune(later(60 * 24))
    assert store.keep([delivery(seen="a")])[0].repeated == 1


def test_one_incident_an_application_and_it_only_grows_stronger(store: Store) -> None:
    store.keep([delivery(name=f"f{number}") for number in range(1_000)])
    first = store.waiting(500)
    incident = store.record("shop", [(each, Choice(action="open", sentence="So.")) for each in first], AT)
    assert incident
    assert (incident.action, incident.firing) == ("open", 500)
    assert (
        store.record("shop", [(each, Choice(action="open", sentence="Too.")) for each in store.waiting()], AT) is None
    )
    (only,) = store.open_incidents()
    assert only.firing == 1_000
    store.keep([delivery(name="worse"), delivery(name="a note")])
    worse, note = store.waiting()
    choices = [(worse, Choice(action="start", sentence="Worse.")), (note, Choice(action="note", sentence="Noted."))]
    stronger = store.record("shop", choices, AT)
    assert stronger
    assert (stronger.id, stronger.action, stronger.firing) == (incident.id, "start", 1_001)


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    before = Store(tmp_path / "alerts.sqlite")
    before.keep([delivery()])
    incident = opened(before)
    before.change(incident, "started", "Begun.", AT, "run-1")
    del before  # not closed, as if it was killed
    after = Store(tmp_path / "alerts.sqlite")
    (found,) = after.open_incidents()
    assert (found.name, found.flow_run, found.sentence) == (incident.name, "run-1", "Begun.")
    assert after.keep([delivery()])[0].repeated == 1
    names = [body.partition('"event": "')[2].partition('"')[0] for _, body in after.events()]
    assert names == ["lifeboat.alert.firing", "lifeboat.incident.started"]


def test_what_fires_after_a_withdrawal_is_decided_about_anew(store: Store) -> None:
    store.keep([delivery()])
    incident = opened(store, "ask")
    store.keep([delivery("resolved", at=later(1))])
    store.change(incident, "withdrawn", "Over.", later(1), "run-1")
    store.keep([delivery(began=later(2), at=later(2))])
    store.record("shop", [(each, Choice(action="ask", sentence="Again.")) for each in store.waiting()], later(2))
    store.change(incident, "closed", "Over.", later(3))
    assert [each.began for each in store.waiting()] == [later(2)]
    assert opened(store, "ask").id != incident.id


def test_what_is_not_heard_of_any_more_is_over(store: Store) -> None:
    store.keep([delivery(), delivery(name="other", at=later(50))])
    opened(store)
    assert store.forget("shop", later(10)) == 1
    assert [each.firing for each in store.open_incidents()] == [1]


def test_old_ones_are_dropped(store: Store) -> None:
    store.keep([delivery()])
    store.change(opened(store), "closed", "Over.", AT)
    store.record("shop", [(each, Choice(action="note", sentence="")) for each in store.waiting()], AT)
    store.prune(AT + timedelta(days=40))
    assert store.keep([delivery()])[0].new == 1


def test_nobody_else_reads_it_and_a_newer_one_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "alerts.sqlite"
    store = Store(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("pragma user_version = 99")
    with pytest.raises(RecoveryError, match="newer Lifeboat"):
        Store(path)
