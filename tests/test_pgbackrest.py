"""pgBackRest against the contract, restores to a moment and to the end, and a repository in an S3 store over TLS."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pgbackrest_cluster import make_template, open_folder
from pgbackrest_place import PgBackRestPlace
from pydantic import SecretStr
from server_fixtures import S3Store, s3_store, wait_until  # noqa: F401 - a fixture
from snapshot_contract import FIRST, SECOND, THIRD, SnapshotContract, assert_sound
from tls_relay import tls_relay

from blocks.snapshots.pgbackrest_program import PgBackRest
from blocks.snapshots.postgresql_point import content_at
from blocks.snapshots.postgresql_scratch import PORT
from recovery.errors import NotProved, RecoveryError, Refused, Unreachable


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    with open_folder() as folder:
        yield make_template(folder)


@pytest.mark.slow
class TestPgBackRest(SnapshotContract):
    @pytest.fixture
    def place(self, template: Path) -> Iterator[PgBackRestPlace]:
        with open_folder() as folder:
            place = PgBackRestPlace(folder, template, {"repo1-path": str(folder / "repo")})
            with place.serving():
                yield place

    def test_where_somebody_always_writes_no_equality_is_claimed(self, place: PgBackRestPlace) -> None:
        hasty = place.backup.model_copy(update={"quiet_seconds": 0.2})
        with place.connect() as connection:
            for statement in ("begin", "insert into orders (payload) values ('undecided')", "prepare transaction 'it'"):
                connection.execute(statement.encode())
        hasty.take(FIRST)
        hasty.restore(FIRST)
        shown = hasty.prove(FIRST)
        assert (shown.depth, shown.problems) == ("restored", ())

    def test_restored_to_a_moment_and_to_the_end(self, place: PgBackRestPlace) -> None:
        taken = place.backup.take(FIRST)
        # pgBackRest counts in whole seconds: a moment in that of the backup's end is not after it.
        wait_until(lambda: datetime.now(UTC) >= taken.taken_at + timedelta(seconds=1), 30, "the next second")
        place.run("insert into orders (payload) values ('before')")
        [(moment,)] = place.run("select clock_timestamp()")
        assert isinstance(moment, datetime)
        for payload in ("after", "long after"):
            place.run(f"insert into orders (payload) values ('{payload}')")
            place.run("select pg_switch_wal()")
        place.backup.pgbackrest.run("check", seconds=60)
        place.backup.restore_to(moment)
        assert _payloads(place) == ["before"]
        place.backup.restore_to(None)
        assert _payloads(place) == ["before", "after", "long after"]
        with pytest.raises(RecoveryError, match=r"recovery target|before configured"):
            place.backup.restore_to(datetime(2035, 1, 1, tzinfo=UTC))
        assert place.restored() is None
        place.segments()[-2].unlink()
        with pytest.raises(NotProved, match="could be replayed to"):
            place.backup.restore_to(None)
        assert "the log has a gap between" in "; ".join(place.backup.prove(FIRST).problems)

    def test_a_take_that_was_cut_off_is_finished_while_others_write(
        self, place: PgBackRestPlace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(PgBackRest, "run", _fails_at("annotate", PgBackRest.run))
            with pytest.raises(Unreachable):
                place.backup.take(FIRST)
        assert place.backup.backups() == []
        place.change_live()
        with _writing(place):
            place.backup.take(FIRST)
        assert [each.kind for each in place.backup.pgbackrest.labels(60)] == ["full"]
        place.backup.restore(FIRST)
        assert_sound(place, FIRST, "proved equal")

    def test_damage_in_the_restored_cluster_is_found_and_named(self, place: PgBackRestPlace) -> None:
        """A changed row; and an index whose order is no longer its type's, as on a system that sorts otherwise."""
        order = "create or replace function public.backwards(text, text) returns int language sql immutable as 'select"
        place.run(f"{order} pg_catalog.bttextcmp($1, $2)'")
        place.run("create operator class odd for type text using btree as operator 1 <, operator 2 <=, operator 3 =,"
                  " operator 4 >=, operator 5 >, function 1 backwards(text, text)")  # fmt: skip
        place.run("create index on orders (payload odd)")
        place.backup.take(FIRST)
        place.backup.restore(FIRST)
        assert_sound(place, FIRST, "proved equal")
        with place.backup._started() as server:
            restored = place.backup.server(server.socket, PORT)
            with restored.connected("shop") as connection:
                connection.execute("update public.orders set payload = 'forged' where id = 5")
                connection.execute(f"{order} pg_catalog.bttextcmp($2, $1)'".encode())
        said = "; ".join(place.backup.prove(FIRST).problems)
        for words in ("table public.orders has the right number", "backwards(text, text) differs", "pg_amcheck found"):
            assert words in said
        without = place.backup.model_copy(update={"records": None})
        assert "shop differs from what it was at" in "; ".join(without.prove(FIRST).problems)

    def test_incremental_ones_need_the_full_one(self, place: PgBackRestPlace) -> None:
        place.backup.take(FIRST)
        for name, kind in ((SECOND, "diff"), (THIRD, "incr")):
            place.change_live()
            place.backup.model_copy(update={"backup_type": kind}).take(name)
        expired = place.backup.expire([])
        assert expired.removed == ()
        assert [sentence.split()[0] for sentence in expired.held] == [SECOND, FIRST]
        place.backup.restore(THIRD)
        assert_sound(place, THIRD, "proved equal")

    def test_what_is_not_ours_is_left_alone_and_what_a_killed_run_left_is_not(self, place: PgBackRestPlace) -> None:
        place.backup.take(FIRST)
        live = place.backup.model_copy(update={"restore_folder": str(place.data)})
        with pytest.raises(Refused, match="never restored over"):
            live.restore(FIRST)
        live.discard()
        assert place.run("select count(*) from orders") == [(2000,)]
        place.backup.restore(FIRST)
        with place.backup._started():  # which nobody stops
            assert_sound(place, FIRST, "proved equal")
        with place.in_use():
            for call in (place.backup.discard, lambda: place.backup.prove(FIRST)):
                with pytest.raises(Refused, match="runs on"):
                    call()
        place.backup.discard()
        assert place.restored() is None


@contextlib.contextmanager
def _writing(place: PgBackRestPlace) -> Iterator[None]:
    stop = threading.Event()

    def write() -> None:
        with place.connect() as connection:
            while not stop.is_set():
                connection.execute("insert into orders (payload) values ('under load')")
                time.sleep(0.001)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join(timeout=10)


def _fails_at(command: str, run: Callable[..., str]) -> Callable[..., str]:
    def failing(self: PgBackRest, name: str, *arguments: str, **words: Any) -> str:
        if name == command:
            raise Unreachable("The machine went away.")
        return run(self, name, *arguments, **words)

    return failing


def _payloads(place: PgBackRestPlace) -> list[object]:
    with place.backup._started() as server:
        restored = place.backup.server(server.socket, PORT)
        with restored.connected("shop") as connection:
            rows = connection.execute("select payload from public.orders where id > 2000 order by at").fetchall()
        assert content_at(restored).items["public.orders"].count == 2000 + len(rows)
    return [payload for (payload,) in rows]


@pytest.mark.slow
def test_a_repository_in_an_s3_store_over_tls_encrypted(template: Path, s3_store: S3Store) -> None:  # noqa: F811
    with open_folder() as folder, tls_relay(folder, int(s3_store.url.rpartition(":")[2])) as (port, authority):
        repository = {"repo1-type": "s3", "repo1-s3-endpoint": "127.0.0.1", "repo1-storage-port": str(port)}
        repository |= {"repo1-storage-ca-file": str(authority), "repo1-s3-uri-style": "path", "repo1-path": "/shop"}
        repository |= {"repo1-s3-bucket": s3_store.bucket, "repo1-s3-region": s3_store.region}
        repository |= {"repo1-cipher-type": "aes-256-cbc", "compress-type": "lz4", "process-max": "2"}
        secrets = {"repository_key": s3_store.access_key, "repository_secret": s3_store.secret_key}
        words = {name: SecretStr(value) for name, value in (secrets | {"cipher_pass": "open sesame"}).items()}
        place = PgBackRestPlace(folder, template, repository, **words)
        with place.serving():
            assert place.backup.take(FIRST).encrypted
            assert s3_store.secret_key not in place.config.read_text()
            place.change_live()
            place.backup.model_copy(update={"backup_type": "incr"}).take(SECOND)
            place.backup.restore(SECOND)
            assert_sound(place, SECOND, "proved equal")
            wrong = place.backup.model_copy(update={"cipher_pass": SecretStr("wrong")})
            with pytest.raises(RecoveryError) as raised:
                wrong.prove(FIRST)
            assert "wrong" not in str(raised.value)
