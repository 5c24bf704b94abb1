"""etcd against the sources' contract, and what is special to it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from etcd_place import LARGE, EtcdPlace, etcd_programs, fill, put, serving
from pydantic import ValidationError
from source_contract import SourceContract, archived

from blocks.sources.etcd import EtcdSource
from blocks.sources.etcd_client import text
from blocks.sources.etcd_content import printable
from blocks.sources.etcd_member import EtcdPrograms
from recovery.content import prove
from recovery.errors import Conflict, RecoveryError


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a member that stands still."""
    folder = tmp_path_factory.mktemp("etcd")
    with serving(folder / "data") as (at, process), EtcdPlace(folder, at, process).connected() as client:
        fill(client)
    return folder / "data"


@pytest.mark.slow
class TestEtcdSource(SourceContract):
    @pytest.fixture
    def place(self, filled: Path, tmp_path: Path) -> Iterator[EtcdPlace]:
        shutil.copytree(filled, tmp_path / "source")
        with serving(tmp_path / "source") as (endpoint, process):
            yield EtcdPlace(tmp_path, endpoint, process)

    def test_what_is_written_meanwhile_is_not_in_it(self, place: EtcdPlace, tmp_path: Path) -> None:
        """Keys written after the snapshot began: proved at the snapshot's revision, whatever was written since."""
        with place.source.read() as reading, (tmp_path / "archive").open("wb") as file:
            file.write(reading.stream.read(1000))
            place.change_live()
            file.write(reading.stream.read())
            place.change_live()
            expected = reading.content()
        place.target.restore(tmp_path / "archive")
        proof = prove(expected, place.target.content(staged=True))
        assert proof.equal, proof.sentence
        assert expected.items["a/1"].count == 1

    def test_etcds_own_tool_opens_it_and_refuses_flipped_bits(self, place: EtcdPlace, tmp_path: Path) -> None:
        expected = archived(place.source, tmp_path / "archive")
        assert EtcdPrograms(place.programs).revision(tmp_path / "archive", 10) == int(expected.traits["revision"])
        assert expected.items["large"].count == len(LARGE)
        assert len(expected.items) == 520
        assert "gone" not in expected.items
        whole = (tmp_path / "archive").read_bytes()
        for at in (0, 1, len(whole) // 3, len(whole) // 2, len(whole) - 33, len(whole) - 1):
            (tmp_path / "flipped").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(RecoveryError):
                place.target.restore(tmp_path / "flipped")
        assert not place.staged.exists()

    def test_looking_at_the_staged_copy_changes_nothing(self, place: EtcdPlace, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "archive")
        place.target.restore(tmp_path / "archive")
        before = {path: path.read_bytes() for path in place.staged.rglob("*") if path.is_file()}
        place.target.content(staged=True)
        assert {path: path.read_bytes() for path in place.staged.rglob("*") if path.is_file()} == before
        assert [path for path in tmp_path.iterdir() if path.name.startswith(".etcd")] == []

    def test_a_member_that_runs_is_not_swapped_away(self, place: EtcdPlace, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "archive")
        place.target.restore(tmp_path / "archive")
        place.target.activate()
        place.target.restore(tmp_path / "archive")
        with serving(place.restored) as (endpoint, _):
            for call in (place.target.activate, lambda: place.target.content(staged=False)):
                with pytest.raises(Conflict, match="member runs"):
                    call()
            at_work = EtcdSource(endpoint=endpoint, programs=place.programs)
            assert at_work.content(staged=False).items == place.source.content(staged=False).items
        place.target.activate()

    def test_a_deletion_that_was_compacted_away_can_be_proved(self, place: EtcdPlace, tmp_path: Path) -> None:
        with place.connected() as client:
            client.call("kv/deleterange", key=text(b"empty"))
            newest = client.revision()[0]
            client.call("kv/compaction", revision=str(newest), physical=True)
        expected = archived(place.source, tmp_path / "archive")
        assert EtcdPrograms(place.programs).revision(tmp_path / "archive", 10) < newest
        assert expected.traits["revision"] == str(newest)
        place.target.restore(tmp_path / "archive")
        assert prove(expected, place.target.content(staged=True)).equal

    def test_a_snapshot_whose_revision_was_compacted_is_not_proved(self, place: EtcdPlace) -> None:
        with place.source.read() as reading:
            reading.stream.read()
            with place.connected() as client:
                put(client, b"later", b"x")
                client.call("kv/compaction", revision=str(client.revision()[0]))
            with pytest.raises(RecoveryError, match="compacted"):
                reading.content()


@pytest.mark.slow
def test_an_empty_cluster_is_proved_too(tmp_path: Path) -> None:
    programs = etcd_programs()
    with serving(tmp_path / "source") as (endpoint, _):
        expected = archived(EtcdSource(endpoint=endpoint, programs=programs), tmp_path / "archive")
    target = EtcdSource(data_folder=str(tmp_path / "restored"), programs=programs)
    target.restore(tmp_path / "archive")
    proof = prove(expected, target.content(staged=True))
    assert proof.equal, proof.sentence


def test_every_key_has_a_name_of_its_own() -> None:
    keys = [b"\xff", b"\\xff", b"\\", b"\\\\", b"\x00", b"", "ÿ".encode()]
    names = [printable(key) for key in keys]
    assert len(set(names)) == len(keys)
    assert json.loads(json.dumps(names)) == names


def test_a_source_that_is_nowhere_is_refused() -> None:
    with pytest.raises(ValidationError, match="is needed"):
        EtcdSource()
    with pytest.raises(RecoveryError, match="no endpoint"):
        EtcdSource(data_folder="restored").read()
    with pytest.raises(RecoveryError, match="no data folder"):
        EtcdSource(endpoint="http://127.0.0.1:9").restore(Path("archive"))


def test_programs_that_are_not_there_are_named() -> None:
    with pytest.raises(RecoveryError, match="etcdctl could not be started"):
        EtcdPrograms("/nowhere").revision(Path("x"), 1)
