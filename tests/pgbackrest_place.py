"""A PostgreSQL cluster of Debian's that archives to a pgBackRest repository, and a folder to restore to."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
from pgbackrest_cluster import become, flip, give_all, owner, server_programs
from server_fixtures import free_ports, running, wait_until

from blocks.snapshots.pgbackrest import PgBackRestBackup
from blocks.snapshots.system_user import give

# A repository in a store at which nobody listens.
AWAY = """repo1-type=s3
repo1-s3-endpoint=127.0.0.1
repo1-storage-port=9
repo1-s3-bucket=x
repo1-s3-region=eu-west-1
repo1-s3-uri-style=path
repo1-s3-key=x
repo1-s3-key-secret=x
io-timeout=0.3
protocol-timeout=1
[shop]"""


class PgBackRestPlace:
    deepest, faults, shallow = "proved equal", (), "checksummed"

    def __init__(self, folder: Path, template: Path, repository: Mapping[str, str], **secrets: object) -> None:
        self.folder, self.programs = folder, server_programs()
        self.user = owner()
        self.port = free_ports(1)[0]
        self.data, self.config = folder / "data", folder / "pgbackrest.conf"
        shutil.copytree(template, self.data)
        paths = {f"{kind}-path": str(folder / kind) for kind in ("lock", "log", "spool")}
        settings = paths | {"log-level-file": "off", "repo1-bundle": "y", "compress-type": "none"} | dict(repository)
        lines = ["[global]", *(f"{name}={value}" for name, value in settings.items()), "[shop]"]
        lines += [f"pg1-path={self.data}", f"pg1-port={self.port}", f"pg1-socket-path={folder}", "pg1-user=postgres"]
        self.config.write_text("\n".join(lines))
        for path in ("lock", "log", "spool", "repo"):
            (folder / path).mkdir()
        give_all(folder, self.user)
        fields = {"stanza": "shop", "config": str(self.config), "backup_type": "full", "programs": self.programs}
        fields |= {"restore_folder": str(folder / "restored"), "run_as": self.user, "records": str(folder / "records")}
        self.backup = PgBackRestBackup(host=str(folder), port=self.port, database="shop", **fields, **secrets)
        self.unreachable = self.backup.model_copy(update={"config": str(folder / "away.conf")})
        away = "\n".join(lines).replace("[shop]", AWAY)
        (folder / "away.conf").write_text(away)
        give(folder / "away.conf", self.user)
        self.repo = folder / "repo"

    @contextlib.contextmanager
    def serving(self) -> Iterator["PgBackRestPlace"]:
        push = f"pgbackrest --config={self.config} --stanza=shop archive-push %p"
        settings = {"archive_mode": "on", "archive_command": push, "listen_addresses": "", "fsync": "off"}
        settings |= {"unix_socket_directories": str(self.folder), "port": str(self.port), "log_min_messages": "panic"}
        settings |= {"max_prepared_transactions": "2"}
        line = [f"{self.programs}/postgres", "-D", str(self.data)]
        line += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with running(
            line, signal.SIGINT, cwd="/", stderr=subprocess.DEVNULL, env=os.environ | self.backup.secrets, **become()
        ):
            wait_until(self._alive, 30, "PostgreSQL's start")
            self.backup.pgbackrest.run("stanza-create", seconds=60)
            yield self

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Somebody serves from what was restored."""
        data = Path(self.backup.restore_folder)
        line = [f"{self.programs}/postgres", "-D", str(data), "-p", str(self.port), "-c", "listen_addresses="]
        line += ["-c", f"unix_socket_directories={data}"]
        with running(line, signal.SIGINT, cwd="/", stderr=subprocess.DEVNULL, **become()):
            wait_until((data / "postmaster.pid").is_file, 30, "PostgreSQL's start")
            yield

    def _alive(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            self.connect().close()
            return True
        return False

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=str(self.folder), port=self.port, user="postgres", dbname="shop", autocommit=True, connect_timeout=5
        )

    def run(self, statement: str) -> list[tuple[object, ...]]:
        with self.connect() as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def change_live(self) -> None:
        self.run("insert into orders (payload) values ('later'); update orders set payload = 'changed' where id = 1")

    def restored(self) -> object:
        return self.backup.folder.restored

    @property
    def damages(self) -> dict[str, tuple[Callable[[], object], str]]:
        log, data = "archive/shop/*/*/*-*", "backup/shop/2*F/bundle/*"
        return {
            "a bit of the log": (lambda: flip(self.largest(log)), "invalid checksum '15-1/"),
            "a bit of the data": (lambda: flip(self.largest(data)), "F/pg_data/"),
            "cut short": (lambda: os.truncate(self.largest(data), 4096), "status: invalid"),
            "a part gone": (lambda: self.largest(data).unlink(), "missing: "),
            "the log gone": (lambda: self.segments()[1].unlink(), "the log lacks"),
            "the list of files, twice": (self.flip_lists, "total files checked: 0"),
        }

    def flip_lists(self) -> None:
        """With one of the two, pgBackRest uses the other."""
        for path in self.repo.glob("backup/shop/2*F/backup.manifest*"):
            flip(path)

    def largest(self, pattern: str) -> Path:
        return max(self.repo.glob(pattern), key=lambda path: path.stat().st_size)

    def segments(self) -> list[Path]:
        """Files of the log in the repository, the oldest first."""
        return sorted(path for path in self.repo.glob("archive/shop/*/*/*-*") if len(path.name) > 60)
