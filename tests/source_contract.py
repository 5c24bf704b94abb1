"""What every source must do. A provider's tests subclass this and give the fixture `place`."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

import pytest

from blocks.sources.kind import Source
from recovery.content import Content, prove
from recovery.errors import Missing, NotProved, RecoveryError, Unreachable


class Place(Protocol):
    """A source with data in it, a place to restore to, and ways to tamper.

    Args:
        source, target: two places of one kind; nothing is live or staged at the target.
        unreachable: a source whose server or disk is not there.
        changes: name to what changes the staged copy at the target, and words of the difference that must be found.
    """

    source: Source
    target: Source
    unreachable: Source
    changes: Mapping[str, tuple[Callable[[], object], str]]

    def restore_again(self, archive: Path) -> None:
        """Puts the staged copy back to what the archive holds, by a quicker way if there is one."""

    def change_live(self) -> None:
        """Changes the source's live data."""

    def break_mid_way(self, stream: BinaryIO) -> None:
        """Makes what feeds the stream fail, after its first bytes were read."""

    def kept_beside(self) -> int:
        """How many former live copies stand at the target."""


def archived(source: Source, path: Path) -> Content:
    """Reads the source into a file."""
    with source.read() as reading:
        with path.open("wb") as file:
            while block := reading.stream.read(1 << 20):
                file.write(block)
        return reading.content()


def size_in(folder: Path) -> int:
    return (folder / "archive").stat().st_size


def pieces(path: Path) -> Iterator[bytes]:
    """A file's bytes as they arrive when they are opened."""
    with path.open("rb") as file:
        while piece := file.read(128 * 1024):
            yield piece


class SourceContract:
    def test_a_round_trip_is_proved_equal(self, place: Place, tmp_path: Path) -> None:
        expected = archived(place.source, tmp_path / "archive")
        place.target.restore(tmp_path / "archive")
        proof = prove(expected, place.target.content(staged=True))
        assert proof.equal, proof.sentence
        assert proof.checked > len(expected.items) > 3
        assert proof.sentence == f"Equal to its source: {proof.checked} fingerprints match."
        assert Content.model_validate_json(expected.model_dump_json()) == expected

    def test_a_later_change_does_not_matter_and_would_be_found(self, place: Place, tmp_path: Path) -> None:
        expected = archived(place.source, tmp_path / "archive")
        place.change_live()
        place.target.restore(tmp_path / "archive")
        assert prove(expected, place.target.content(staged=True)).equal
        assert not prove(expected, place.source.content(staged=False)).equal

    def test_every_change_is_found_and_named(self, place: Place, tmp_path: Path) -> None:
        expected = archived(place.source, tmp_path / "archive")
        unfound = {}
        place.target.restore(tmp_path / "archive")
        for name, (change, words) in place.changes.items():
            place.restore_again(tmp_path / "archive")
            change()
            proof = prove(expected, place.target.content(staged=True))
            if proof.equal or words not in proof.sentence:
                unfound[name] = proof.sentence
        assert not unfound

    def test_a_source_that_fails_mid_way_raises_and_goes_on_raising(self, place: Place) -> None:
        with place.source.read() as reading:
            assert reading.stream.read(10)
            place.break_mid_way(reading.stream)
            for _ in range(2):
                with pytest.raises(RecoveryError):
                    while reading.stream.read(1 << 20):
                        pass

    def test_unreachable_is_said(self, place: Place) -> None:
        with pytest.raises(Unreachable):
            place.unreachable.read()
        with pytest.raises(Unreachable):
            place.unreachable.content(staged=False)

    def test_activating_twice_is_activating_once(self, place: Place, tmp_path: Path) -> None:
        expected = archived(place.source, tmp_path / "archive")
        for kept in (0, 1):
            place.target.restore(tmp_path / "archive")
            place.target.activate()
            place.target.activate()
            assert prove(expected, place.target.content(staged=False)).equal
            assert place.kept_beside() == kept
            with pytest.raises(Missing):
                place.target.content(staged=True)

    def test_with_nothing_restored_there_is_nothing_to_activate(self, place: Place) -> None:
        with pytest.raises(Missing):
            place.target.activate()

    def test_half_a_restore_is_never_activated(self, place: Place, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "archive")
        whole = (tmp_path / "archive").read_bytes()
        (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(RecoveryError):
            place.target.restore(tmp_path / "half")
        with pytest.raises(Missing):
            place.target.activate()

    def test_what_arrives_in_pieces_is_restored_as_a_file_is(self, place: Place, tmp_path: Path) -> None:
        expected = archived(place.source, tmp_path / "archive")
        room = tmp_path / "room"
        room.mkdir()
        with place.target.restoring(size_in(tmp_path), room, lambda line: None) as sink:
            for piece in pieces(tmp_path / "archive"):
                sink.write(piece)
        assert prove(expected, place.target.content(staged=True)).equal
        assert list(room.iterdir()) == []

    def test_what_stops_arriving_is_never_activated(self, place: Place, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "archive")
        whole = [*pieces(tmp_path / "archive")]
        with (
            pytest.raises(NotProved, match="chunk 7"),
            place.target.restoring(size_in(tmp_path), tmp_path, lambda line: None) as sink,
        ):
            for piece in whole[: len(whole) // 2]:
                sink.write(piece)
            raise NotProved("chunk 7 was damaged")
        with pytest.raises(Missing):
            place.target.activate()

    def test_discarding_twice_is_discarding_once(self, place: Place, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "archive")
        place.target.restore(tmp_path / "archive")
        place.target.discard()
        place.target.discard()
        with pytest.raises(Missing):
            place.target.content(staged=True)

    def test_erased_nothing_is_left(self, place: Place, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "archive")
        for _ in range(2):  # the second time, what was live is kept beside it
            place.target.restore(tmp_path / "archive")
            place.target.activate()
        place.target.restore(tmp_path / "archive")
        place.target.erase()
        place.target.erase()
        for staged in (True, False):
            with pytest.raises((Missing, Unreachable)):
                place.target.content(staged=staged)

    def test_a_second_restore_replaces_the_first(self, place: Place, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "old")
        place.change_live()
        expected = archived(place.source, tmp_path / "new")
        place.target.restore(tmp_path / "old")
        place.target.restore(tmp_path / "new")
        assert prove(expected, place.target.content(staged=True)).equal

    def test_looking_changes_nothing(self, place: Place) -> None:
        first, second = place.source.content(staged=False), place.source.content(staged=False)
        assert prove(first, second).equal
        assert first.model_copy(update={"taken_at": second.taken_at}) == second

    def test_addresses_tell_places_apart(self, place: Place) -> None:
        assert place.source.address != place.target.address
        assert place.source.address == place.source.model_copy().address
