"""What every backup must do that its provider keeps. A provider's tests subclass this and give the fixture `place`."""

from collections.abc import Callable, Mapping
from typing import Protocol

import pytest

from blocks.snapshots.kind import ManagedBackup
from recovery.errors import Missing, RecoveryError, Unreachable
from recovery.verification import Depth

FIRST, SECOND, THIRD = "20260101T000000Z-000001", "20260102T000000Z-000002", "20260103T000000Z-000003"


class Place(Protocol):
    """Something with data in it, and ways to tamper with its backups.

    Args:
        backup: no backup of it was taken yet.
        unreachable: the same, where nothing answers.
        shallow, deepest: how deep `prove` gets before and after a restore.
        faults: what is expected to be told of a sound backup here, since the emulator falls short; words of each.
        damages: name to what damages the backup FIRST, and words of the problem that must be told.
    """

    backup: ManagedBackup
    unreachable: ManagedBackup
    shallow: Depth
    deepest: Depth
    faults: tuple[str, ...]
    damages: Mapping[str, tuple[Callable[[], object], str]]

    def change_live(self) -> None:
        """Changes the source's live data."""

    def restored(self) -> object:
        """What stands restored, for comparison, or None."""


def assert_sound(place: Place, name: str, depth: Depth) -> None:
    shown = place.backup.prove(name)
    assert shown.depth == depth
    assert len(shown.problems) == len(place.faults), shown
    assert all(words in problem for words, problem in zip(place.faults, shown.problems, strict=True)), shown


class SnapshotContract:
    def test_what_is_taken_is_listed_and_proved(self, place: Place) -> None:
        taken = place.backup.take(FIRST)
        assert taken.name == FIRST
        assert place.backup.backups() == [taken]
        assert_sound(place, FIRST, place.shallow)

    def test_what_is_restored_is_proved_deeper(self, place: Place) -> None:
        place.backup.take(FIRST)
        place.change_live()
        reference = place.backup.restore(FIRST)
        first = place.restored()
        assert first is not None
        assert_sound(place, FIRST, place.deepest)
        assert place.backup.restore(FIRST) == reference
        assert place.restored() == first

    def test_twice_by_one_name_is_once(self, place: Place) -> None:
        taken = place.backup.take(FIRST)
        place.change_live()
        assert place.backup.take(FIRST) == taken
        assert place.backup.backups() == [taken]
        assert_sound(place, FIRST, place.shallow)

    def test_the_newest_comes_first(self, place: Place) -> None:
        place.backup.take(FIRST)
        place.change_live()
        place.backup.take(SECOND)
        assert [each.name for each in place.backup.backups()] == [SECOND, FIRST]
        for name in (FIRST, SECOND):
            assert_sound(place, name, place.shallow)

    def test_every_damage_is_found_and_named(self, place: Place) -> None:
        unfound = {}
        for name, (damage, words) in place.damages.items():
            place.backup.take(FIRST)
            damage()
            try:
                said = "; ".join(place.backup.prove(FIRST).problems)
            except RecoveryError as error:
                said = str(error)
            if words not in said:
                unfound[name] = said
        assert place.damages
        assert not unfound, unfound

    def test_expiry_takes_what_is_not_kept_but_never_the_newest(self, place: Place) -> None:
        for name in (FIRST, SECOND, THIRD):
            place.backup.take(name)
            place.change_live()
        assert place.backup.expire([FIRST]).removed == (SECOND,)
        assert [each.name for each in place.backup.backups()] == [THIRD, FIRST]
        for name in (FIRST, THIRD):
            assert_sound(place, name, place.shallow)
        assert place.backup.expire([]).removed == (FIRST,)
        assert place.backup.expire([]).removed == ()
        assert [each.name for each in place.backup.backups()] == [THIRD]
        assert_sound(place, THIRD, place.shallow)

    def test_what_is_not_there_is_said(self, place: Place) -> None:
        for call in (place.backup.prove, place.backup.restore):
            with pytest.raises(Missing):
                call(FIRST)
        assert place.restored() is None

    def test_discarding_twice_is_discarding_once(self, place: Place) -> None:
        place.backup.take(FIRST)
        place.backup.restore(FIRST)
        place.backup.discard()
        place.backup.discard()
        assert place.restored() is None
        assert_sound(place, FIRST, place.shallow)

    def test_unreachable_is_said(self, place: Place) -> None:
        away = place.unreachable
        for call in (lambda: away.take(FIRST), away.backups, lambda: away.restore(FIRST), lambda: away.prove(FIRST)):
            with pytest.raises(Unreachable):
                call()
