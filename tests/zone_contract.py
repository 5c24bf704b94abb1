"""What every zone must do. A provider's test subclasses `ZoneContract` and gives it the fixtures."""

import time

import pytest

from blocks.zones.kind import Record, Zone
from recovery.errors import Conflict, Unreachable

NAME = "shop.example.test"
PRIMARY = Record(name=NAME, values=("127.0.0.10",), ttl=5)
STANDBY = Record(name=NAME, values=("127.0.0.20",), ttl=5)
SECRET = "not-to-be-shown"
WITHIN = 10.0


class ZoneContract:
    """Give it `zone`, which holds `PRIMARY` and is asked at two servers or more, and `away`, one that does not answer.

    Where the provider has a secret, it is `SECRET`. `changed_by_others` makes the zone hold something else.
    """

    def changed_by_others(self, zone: Zone) -> Record:
        theirs = Record(name=NAME, values=("127.0.0.99",), ttl=5)
        zone.swap(PRIMARY, theirs)
        return theirs

    @pytest.fixture
    def zone(self) -> Zone:
        raise NotImplementedError

    @pytest.fixture
    def away(self) -> Zone:
        raise NotImplementedError

    def test_it_reads_the_record(self, zone: Zone) -> None:
        assert zone.read(NAME) == PRIMARY
        assert zone.read(NAME) == PRIMARY

    def test_a_record_that_is_not_there_is_none(self, zone: Zone) -> None:
        assert zone.read("nobody.example.test") is None

    def test_it_swaps_and_every_server_hands_it_out(self, zone: Zone) -> None:
        assert set(zone.answers(NAME).values()) == {PRIMARY.values}
        assert zone.swap(PRIMARY, STANDBY)
        assert zone.read(NAME) == STANDBY
        deadline = time.monotonic() + WITHIN
        while set(zone.answers(NAME).values()) != {STANDBY.values} and time.monotonic() < deadline:
            time.sleep(0.05)
        assert set(zone.answers(NAME).values()) == {STANDBY.values}

    def test_swapping_twice_does_no_more_than_once(self, zone: Zone) -> None:
        assert zone.swap(PRIMARY, STANDBY)
        assert zone.swap(PRIMARY, STANDBY)
        assert zone.read(NAME) == STANDBY

    def test_a_record_that_somebody_changed_is_left_alone(self, zone: Zone) -> None:
        theirs = self.changed_by_others(zone)
        with pytest.raises(Conflict) as caught:
            zone.swap(PRIMARY, STANDBY)
        assert theirs.values[0] in str(caught.value)
        assert zone.read(NAME) == theirs

    def test_another_ttl_is_a_change_too(self, zone: Zone) -> None:
        with pytest.raises(Conflict):
            zone.swap(PRIMARY.model_copy(update={"ttl": 6}), STANDBY)
        assert zone.read(NAME) == PRIMARY

    def test_a_record_that_is_not_there_is_not_swapped(self, zone: Zone) -> None:
        absent = PRIMARY.model_copy(update={"name": "nobody.example.test"})
        with pytest.raises(Conflict):
            zone.swap(absent, absent.model_copy(update={"values": ("127.0.0.20",)}))
        assert zone.read("nobody.example.test") is None

    def test_a_server_that_knows_no_such_name_stands_empty(self, zone: Zone) -> None:
        answers = zone.answers("nobody.example.test")
        assert len(answers) >= 2 and set(answers.values()) == {()}

    def test_a_zone_that_is_away_is_unreachable_and_tells_no_secret(self, away: Zone) -> None:
        for act in (lambda: away.read(NAME), lambda: away.swap(PRIMARY, STANDBY)):
            with pytest.raises(Unreachable) as caught:
                act()
            assert SECRET not in str(caught.value) and SECRET not in repr(away)
        assert set(away.answers(NAME).values()) == {()}


class RotationContract(ZoneContract):
    """The same for a zone whose names can be shared between sites."""

    def test_several_answers_are_turned_and_the_one_that_is_out_comes_back(self, zone: Zone) -> None:
        # In this order, as moto takes no record that is just as one which it was told to create before.
        both = PRIMARY.model_copy(update={"values": (*STANDBY.values, *PRIMARY.values)})
        [one], [other] = PRIMARY.values, STANDBY.values
        zone.swap(PRIMARY, both)
        shares = zone.shares(NAME)
        assert shares is not None
        assert (shares.on.keys(), shares.ttl) == ({one, other}, 5)
        out = shares.turned(one, 0)
        assert zone.turn(shares, out) and zone.turn(shares, out)
        after = zone.shares(NAME)
        assert after is not None and after.on.keys() == {other}
        deadline = time.monotonic() + WITHIN
        while set(zone.answers(NAME).values()) != {STANDBY.values} and time.monotonic() < deadline:
            time.sleep(0.05)
        assert set(zone.answers(NAME).values()) == {STANDBY.values}
        assert zone.turn(after, shares)
        back = zone.shares(NAME)
        assert back is not None and back.on.keys() == {one, other}

    def test_shares_that_somebody_changed_are_left_alone(self, zone: Zone) -> None:
        shares = zone.shares(NAME)
        assert shares is not None
        theirs = PRIMARY.model_copy(update={"values": ("127.0.0.99",)})
        zone.swap(PRIMARY, theirs)
        with pytest.raises(Conflict):
            zone.turn(shares, shares.turned(PRIMARY.values[0], 0))
        assert zone.read(NAME) == theirs
        assert zone.shares("nobody.example.test") is None

    def test_shares_of_a_zone_that_is_away_are_unreachable(self, away: Zone) -> None:
        with pytest.raises(Unreachable):
            away.shares(NAME)
