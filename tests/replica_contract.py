"""What every replica must do. A provider's test subclasses `ReplicaContract` and gives it the fixtures."""

import time
from collections.abc import Callable

import pytest

from blocks.replicas.kind import Replica
from blocks.sources.kind import Source
from recovery.errors import Unreachable
from recovery.replication import decide_replayed, judge_promotion

SECRET = "not-to-be-shown"
WITHIN = 30.0


def caught_up(replica: Replica, source: Source) -> str:
    """Waits until the replica has replayed all that the primary has now; returns how far that is."""
    until, deadline = replica.end_of(source), time.monotonic() + WITHIN
    while decide_replayed(replica.read(), until).verdict != "done" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert decide_replayed(replica.read(), until).verdict == "done"
    return until


class ReplicaContract:
    """Give it `source`, the live primary; `replica`, which follows it; `write`, which writes one more thing to the
    primary; `pause`, which holds up the replay; and `away`, which does not answer, and whose secret is `SECRET`.
    """

    @pytest.fixture
    def source(self) -> Source:
        raise NotImplementedError

    @pytest.fixture
    def replica(self) -> Replica:
        raise NotImplementedError

    @pytest.fixture
    def write(self) -> Callable[[], None]:
        raise NotImplementedError

    @pytest.fixture
    def pause(self) -> Callable[[], None]:
        raise NotImplementedError

    @pytest.fixture
    def away(self) -> Replica:
        raise NotImplementedError

    def test_it_follows_and_reading_changes_nothing(
        self, replica: Replica, source: Source, write: Callable[[], None]
    ) -> None:
        write()
        caught_up(replica, source)
        before, after = replica.read(), replica.read()
        assert before.follows and before.streaming and before.newest is not None
        assert (after.replayed, after.timeline) == (before.replayed, before.timeline)
        assert replica.address != source.address

    def test_what_is_paused_is_hurried(
        self, replica: Replica, source: Source, write: Callable[[], None], pause: Callable[[], None]
    ) -> None:
        pause()
        write()
        until, before = replica.end_of(source), replica.read()
        assert decide_replayed(before, until).verdict == "refuse"
        replica.hurry()
        replica.hurry()
        caught_up(replica, source)

    def test_it_holds_what_the_primary_holds(
        self, replica: Replica, source: Source, write: Callable[[], None], pause: Callable[[], None]
    ) -> None:
        caught_up(replica, source)
        assert replica.compare(source).equal
        pause()
        write()
        assert not replica.compare(source).equal

    def test_promoted_it_takes_writes_on_the_next_timeline_and_twice_is_as_once(
        self, replica: Replica, source: Source
    ) -> None:
        before = replica.read()
        assert not replica.try_to_write().accepted
        assert judge_promotion(before.timeline, before, replica.try_to_write()).verdict == "refuse"
        replica.promote()
        replica.promote()
        replica.hurry()
        assert judge_promotion(before.timeline, replica.read(), replica.try_to_write()).verdict == "done"

    def test_one_that_is_away_is_unreachable_and_tells_no_secret(self, away: Replica, source: Source) -> None:
        for act in (away.read, away.hurry, away.promote):
            with pytest.raises(Unreachable) as caught:
                act()
            assert SECRET not in str(caught.value) and SECRET not in repr(away)
        tried = away.try_to_write()
        assert not tried.accepted and SECRET not in tried.sentence
