"""Whatever is done to a restored copy, or to the source meanwhile, is found and named."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from corruption_restored import DATABASE_CHANGES, FILE_CHANGES, SOURCE_CHANGES, FileChange
from files_place import FilesPlace
from postgresql_place import PostgresPlace
from server_fixtures import Cluster, primary, standby  # noqa: F401 - fixtures
from source_contract import archived

from recovery.content import Content, prove


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[FilesPlace, Content, Path]:
    folder = tmp_path_factory.mktemp("restored")
    place = FilesPlace(folder)
    return place, archived(place.source, folder / "archive"), folder / "archive"


@pytest.mark.parametrize("change", FILE_CHANGES, ids=lambda change: change.what)
def test_every_change_of_restored_files(files: tuple[FilesPlace, Content, Path], change: FileChange) -> None:
    place, expected, archive = files
    place.target.restore(archive)
    assert prove(expected, place.target.content(staged=True)).equal
    change.strike(place.staged)
    assert change.words in prove(expected, place.target.content(staged=True)).sentence


@pytest.mark.slow
class TestDatabase:
    @pytest.fixture
    def place(self, primary: Cluster, standby: Cluster) -> Iterator[PostgresPlace]:  # noqa: F811
        place = PostgresPlace(primary, standby)
        yield place
        place.drop()

    def test_every_change_of_a_restored_database(self, place: PostgresPlace, tmp_path: Path) -> None:
        expected = archived(place.source, tmp_path / "archive")
        place.target.restore(tmp_path / "archive")
        wrong = {}
        for change in DATABASE_CHANGES:
            place.restore_again(tmp_path / "archive")
            place.standby.run(f"{place.restored}__staged", "set role keeper", change.statement)
            said = prove(expected, place.target.content(staged=True)).sentence
            if change.words not in said:
                wrong[change.what] = said
        assert not wrong
        place.restore_again(tmp_path / "archive")
        assert prove(expected, place.target.content(staged=True)).equal

    def test_every_change_of_the_source_s_schema(self, place: PostgresPlace, tmp_path: Path) -> None:
        """The backup stays equal to the moment it was taken, and the source that moved on is told apart from it."""
        expected = archived(place.source, tmp_path / "archive")
        place.target.restore(tmp_path / "archive")
        for change in SOURCE_CHANGES:
            place.primary.run(place.name, change.statement)
            assert change.words in prove(expected, place.source.content(staged=False)).sentence
        assert prove(expected, place.target.content(staged=True)).equal

    def test_a_schema_changed_while_the_dump_runs_waits_or_is_not_in_it(
        self, place: PostgresPlace, tmp_path: Path
    ) -> None:
        """pg_dump holds a lock on every table: a change of one has to wait, a table that is new is not in the dump."""
        with place.source.read() as reading, (tmp_path / "archive").open("wb") as file:
            file.write(reading.stream.read(100))
            place.primary.run(place.name, "create table born_meanwhile ()")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                place.primary.run(place.name, "set lock_timeout = '300ms'", "alter table orders add column note text")
            while block := reading.stream.read(1 << 20):
                file.write(block)
            expected = reading.content()
        place.target.restore(tmp_path / "archive")
        assert prove(expected, place.target.content(staged=True)).equal
        assert "public.born_meanwhile" not in expected.items
