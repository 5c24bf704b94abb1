"""The sources against the contract, and what is special to each."""

import io
import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from files_place import ODD, FilesPlace
from postgresql_place import PostgresPlace, children, source
from server_fixtures import Cluster, primary, standby  # noqa: F401 - fixtures
from source_contract import SourceContract, archived, pieces, size_in

from blocks.sources.files_archive import ArchiveWriter
from recovery.content import prove
from recovery.errors import NotProved, RecoveryError, Unreachable


class TestFilesSource(SourceContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> FilesPlace:
        return FilesPlace(tmp_path)

    def test_everything_is_as_it_was(self, place: FilesPlace, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "archive")
        place.target.restore(tmp_path / "archive")
        at = place.staged
        assert (at / "sub" / "first name").stat().st_ino == (at / "sub" / "second name").stat().st_ino
        assert (at / "dangling").readlink() == Path("../../etc/nowhere")
        assert (at / "script.sh").stat().st_mtime_ns == 1_700_000_000_123_456_789
        assert (at / "empty folder").stat().st_mtime_ns == 987_654_321
        assert stat.S_IMODE((at / "sub").stat().st_mode) == 0o2750
        assert (at / "sparse").stat().st_blocks * 512 < 2_000_000 < (at / "sparse").stat().st_size
        assert os.fsencode((at / "link to odd").readlink()) == ODD
        assert not (at / "pipe").exists()

    def test_tar_itself_opens_it(self, place: FilesPlace, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "archive.tar")
        with tarfile.open(tmp_path / "archive.tar") as entries:
            assert "sub/deep/plain.txt" in entries.getnames()

    def test_a_file_that_changes_while_it_is_read_is_read_again(self, place: FilesPlace, tmp_path: Path) -> None:
        writer, target = ArchiveWriter(place.live), tmp_path / "archive"
        with target.open("wb") as file:
            for block in writer.blocks():
                if _begins(block, b"large.bin") and (place.live / "large.bin").stat().st_size == 3_000_000:
                    os.truncate(place.live / "large.bin", 1_000_000)
                file.write(block)
        place.target.restore(target)
        assert (place.staged / "large.bin").read_bytes() == (place.live / "large.bin").read_bytes()
        assert writer.seen.items["large.bin"].count == 1_000_000

    def test_a_file_that_never_rests_is_an_error(self, place: FilesPlace) -> None:
        size = 2_000_000
        with pytest.raises(RecoveryError, match=r"large\.bin was changed each time"):
            for block in ArchiveWriter(place.live).blocks():
                if _begins(block, b"large.bin"):
                    size -= 1000
                    os.truncate(place.live / "large.bin", size)

    def test_a_file_that_vanishes_is_passed_over(self, place: FilesPlace, tmp_path: Path) -> None:
        with place.source.read() as reading, (tmp_path / "archive").open("wb") as file:
            (place.live / "sub" / "deep" / "plain.txt").unlink()
            file.write(reading.stream.read())
            expected = reading.content()
        place.target.restore(tmp_path / "archive")
        assert prove(expected, place.target.content(staged=True)).equal
        assert "sub/deep/plain.txt" not in expected.items

    def test_content_before_the_end_is_refused(self, place: FilesPlace) -> None:
        with place.source.read() as reading, pytest.raises(RecoveryError, match="not read to its end"):
            reading.content()

    @pytest.mark.parametrize("name", ["/etc/evil", "../evil", "a/../../evil", "link/evil"])
    def test_no_archive_leads_out(self, place: FilesPlace, tmp_path: Path, name: str) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        with tarfile.open(tmp_path / "evil.tar", "w") as evil:
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, str(outside)
            evil.addfile(link)
            entry = tarfile.TarInfo(name)
            entry.size = 4
            evil.addfile(entry, io.BytesIO(b"evil"))
        with pytest.raises(RecoveryError):
            place.target.restore(tmp_path / "evil.tar")
        assert list(outside.iterdir()) == []
        assert not (tmp_path / "evil").exists()
        assert not place.staged.exists()

    def test_a_device_or_a_false_hard_link_is_refused(self, place: FilesPlace, tmp_path: Path) -> None:
        for kind, target in ((tarfile.CHRTYPE, ""), (tarfile.LNKTYPE, "/etc/passwd")):
            with tarfile.open(tmp_path / "evil.tar", "w") as evil:
                entry = tarfile.TarInfo("x")
                entry.type, entry.linkname = kind, target
                evil.addfile(entry)
            with pytest.raises(NotProved):
                place.target.restore(tmp_path / "evil.tar")

    def test_killed_between_the_renames_it_is_finished_by_the_next(self, place: FilesPlace, tmp_path: Path) -> None:
        expected = archived(place.source, tmp_path / "archive")
        place.target.restore(tmp_path / "archive")
        place.restored.mkdir()
        place.restored.rename(tmp_path / "restored.before-then")
        place.target.activate()
        assert prove(expected, place.target.content(staged=False)).equal


def _begins(block: bytes, name: bytes) -> bool:
    """Whether this is the header of a file."""
    return len(block) <= 2048 and name in block


@pytest.mark.slow
class TestPostgresSource(SourceContract):
    @pytest.fixture
    def place(self, primary: Cluster, standby: Cluster) -> Iterator[PostgresPlace]:  # noqa: F811
        place = PostgresPlace(primary, standby)
        yield place
        place.drop()

    def test_a_change_while_it_is_read_is_not_in_it(self, place: PostgresPlace, tmp_path: Path) -> None:
        """The sequence, which stands outside every snapshot, moves while the dump runs, and that is allowed for."""
        with place.source.read() as reading, (tmp_path / "archive").open("wb") as file:
            place.primary.run(place.name, "insert into orders (payload) values ('late'), ('later')")
            place.change_live()
            file.write(reading.stream.read())
            place.primary.run(place.name, "select nextval('orders_id_seq')")
            expected = reading.content()
        place.target.restore(tmp_path / "archive")
        proof = prove(expected, place.target.content(staged=True))
        assert proof.equal, proof.sentence
        assert expected.ranges["sequence public.orders_id_seq"] == (20002, 20005)
        assert expected.items["public.orders"].count == 20001

    def test_what_is_told_of_it(self, place: PostgresPlace) -> None:
        content = place.source.content(staged=False)
        assert content.newest is not None
        assert content.newest.isoformat() == "2026-02-01T00:00:00+00:00"
        assert content.origin.endswith(f"/{place.name}")
        assert "public.parted_low" in content.items
        assert not {"public.parted", "public.newest", "public.counted"} & content.items.keys()
        assert content.items["of large objects"].count == 1
        assert content.tools["pg_dump"].startswith("pg_dump (PostgreSQL)")

    def test_settings_and_collation_come_back(self, place: PostgresPlace, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "archive")
        place.target.restore(tmp_path / "archive")
        place.target.activate()
        settings = "select setconfig from pg_db_role_setting s join pg_database d on d.oid = setdatabase where datname="
        here = place.primary.run("postgres", f"{settings}'{place.name}'")
        assert place.standby.run("postgres", f"{settings}'{place.restored}'") == here
        assert place.standby.run(place.restored, "show search_path") == [('public, "a b; drop"',)]

    @pytest.mark.parametrize("rows", [0, 60_000])
    def test_without_large_objects_it_arrives_in_one_transaction(
        self, place: PostgresPlace, tmp_path: Path, rows: int
    ) -> None:
        """Without rows pg_restore has enough before the stream ends; with these the stream is longer than its head."""
        statements = ["select lo_unlink(oid) from pg_largeobject_metadata", "truncate orders"]
        filled = f"insert into orders (payload) select repeat(n::text, 20) from generate_series(1, {rows}) n"
        place.primary.run(place.name, *statements, filled)
        expected = archived(place.source, tmp_path / "archive")
        with place.target.restoring(size_in(tmp_path), tmp_path, lambda line: None) as sink:
            for piece in pieces(tmp_path / "archive"):
                sink.write(piece)
        proof = prove(expected, place.target.content(staged=True))
        assert proof.equal, proof.sentence
        assert place.standby.run(f"{place.restored}__staged", "select count(*) from orders") == [(rows,)]

    def test_the_live_database_is_closed_and_kept(self, place: PostgresPlace, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "archive")
        for _ in range(2):
            place.target.restore(tmp_path / "archive")
            place.target.activate()
        like = f"select datname, datallowconn from pg_database where datname like '{place.restored}%' order by 1"
        rows = place.standby.run("postgres", like)
        assert [allowed for _, allowed in rows] == [True, False]
        assert str(rows[1][0]).startswith(f"{place.restored}__before_2")

    def test_sessions_are_turned_away_by_the_swap(self, place: PostgresPlace, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "archive")
        superuser = source(place.standby, place.restored, "postgres")
        superuser.restore(tmp_path / "archive")
        superuser.activate()
        superuser.restore(tmp_path / "archive")
        with place.standby.connect(place.restored) as client:
            superuser.activate()
            with pytest.raises(psycopg.OperationalError, match=r"terminat|closed"):
                client.execute("select 1")

    def test_a_swap_that_cannot_be_changes_nothing(self, place: PostgresPlace, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "archive")
        place.target.restore(tmp_path / "archive")
        place.target.activate()
        place.target.restore(tmp_path / "archive")
        # `keeper` may not end a session of the superuser.
        with place.standby.connect(place.restored) as client:
            with pytest.raises(RecoveryError, match=r"terminate|permission|swapped"):
                place.target.activate()
            assert client.execute("select 1").fetchone() == (1,)
        allowed = f"select bool_and(datallowconn) from pg_database where datname like '{place.restored}%'"
        assert place.standby.run("postgres", allowed) == [(True,)]
        place.target.activate()

    def test_no_password_is_in_sight(self, place: PostgresPlace, tmp_path: Path) -> None:
        with place.source.read() as reading:
            reading.stream.read(1)
            lines = [" ".join(arguments) for _, arguments in children()]
            assert any("pg_dump" in line for line in lines)
            assert not [line for line in lines if Cluster.password in line]
        wrong = source(place.primary, place.name, "postgres", password="not the password")
        with pytest.raises(Unreachable, match="password authentication failed") as raised:
            wrong.read()
        assert "not the password" not in str(raised.value)
        assert Cluster.password not in repr(place.source)

    def test_sql_reaches_the_staged_copy(self, place: PostgresPlace, tmp_path: Path) -> None:
        archived(place.source, tmp_path / "archive")
        place.target.restore(tmp_path / "archive")
        dsn = place.target.staged_dsn()
        assert dsn.startswith("postgresql://")
        with psycopg.connect(dsn) as connection:
            assert connection.execute("select count(*) from orders").fetchone() == (20001,)

    def test_a_missing_program_is_named(self, place: PostgresPlace, tmp_path: Path) -> None:
        bare = source(place.primary, place.name, "postgres", programs=str(tmp_path))
        with pytest.raises(RecoveryError, match="pg_dump could not be started"):
            bare.read()

    def test_a_dump_that_stands_still_is_given_up(self, place: PostgresPlace) -> None:
        stuck = source(place.primary, place.name, "postgres", stall_timeout_seconds=0.5)
        with place.primary.connect(place.name) as blocker, blocker.transaction():
            blocker.execute("lock table orders in access exclusive mode")
            with pytest.raises(RecoveryError, match="printed nothing for"), stuck.read() as reading:
                reading.stream.read()

    def test_localhost_is_one_place_by_all_its_names(self, primary: Cluster) -> None:  # noqa: F811
        names = [source(primary, "x", "u", host=host).address for host in ("localhost", "127.0.0.1", "::1")]
        assert len(set(names)) == 1
