"""A physical backup with its known point, against bare pgBackRest of the same cluster; restore and proof beside.

Usage: `.venv/bin/python benchmarks/backup_physical.py [--megabytes 1000] [--rounds 3] [--compress zst] [--repository
store|folder] [--folder DIR]`. All sides run in turns on one cluster and one repository: SeaweedFS on disk over TLS,
encrypted, or a folder. Needs Debian's pgbackrest, postgresql and openssl. Both sides have the checkpoint made at once
(`--start-fast`) and expire nothing.
"""

import argparse
import secrets
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from archived_cluster import OWNER, archived_cluster, bare, certificate, in_store, server_programs
from data import fill_database
from measure import in_turns, print_table
from running import free_port, wait, workspace
from servers import s3_store

from blocks.snapshots.pgbackrest import PgBackRestBackup
from blocks.snapshots.pgbackrest_program import PgBackRest

SIDES = {
    "full": ("Lifeboat: full", "pgbackrest backup --type=full"),
    "incr": ("Lifeboat: incr", "pgbackrest --type=incr"),
}
RESTORE, BARE_RESTORE, PROOF = "Lifeboat: restore to the point", "pgbackrest restore, bare", "Lifeboat: proof"


class World:
    def __init__(self, folder: Path, port: int, config: Path) -> None:
        self.folder, self.port, self.config, self.name = folder, port, config, ""
        self.inner, self.shares, self._plain = 0.0, dict[str, list[float]](), PgBackRest.run
        PgBackRest.run = lambda program, *arguments, **words: self.run(program, *arguments, **words)  # type: ignore
        fields = {"stanza": "shop", "config": str(config), "programs": str(server_programs()), "run_as": OWNER}
        fields |= {"restore_folder": str(folder / "restored"), "records": str(folder / "records")}
        self.backup = PgBackRestBackup(host=str(folder), port=port, database="shop", **fields)

    def take(self, kind: str) -> None:
        self.name = f"20260101T000000Z-{secrets.token_hex(3)}"
        begun = time.monotonic()
        self.backup.model_copy(update={"backup_type": kind}).take(self.name)
        self.shares.setdefault(kind, []).append((time.monotonic() - begun) / self.inner)

    def run(self, program: PgBackRest, command: str, *arguments: str, **words: Any) -> str:
        """As pgBackRest is run by ours; keeps how long its `backup` took."""
        begun = time.monotonic()
        told = self._plain(program, command, *arguments, **words)
        if command == "backup":
            self.inner = time.monotonic() - begun
        return told

    def bare(self, kind: str) -> None:
        bare(self.config, "backup", f"--type={kind}", "--start-fast", "--no-expire-auto")

    def write(self) -> None:
        """Changes one row in a hundred, all over the table."""
        self._run("update orders set total = total + 1 where id % 100 = (random() * 99)::int")
        self.settle()

    def settle(self) -> None:
        """Waits until all of the log so far is in the repository: no side is to wait for what came before it."""
        self._run("checkpoint")
        self._run("select pg_switch_wal()")
        waiting = self.folder / "data" / "pg_wal" / "archive_status"
        wait(lambda: not list(waiting.glob("*.ready")), "An empty queue of the log", 1800)

    def _run(self, statement: str) -> None:
        words = {"host": "127.0.0.1", "port": self.port, "dbname": "shop", "user": "postgres"}
        with psycopg.connect(autocommit=True, **words) as connection:
            connection.execute(statement.encode())

    def sides(self, kind: str) -> dict[str, Callable[[], object]]:
        ours, theirs = SIDES[kind]
        if kind == "full":
            return {ours: lambda: self.take(kind), theirs: lambda: self.bare(kind)}
        write = {"(writes)": self.write, ours: lambda: self.take(kind)}
        return write | {"(more writes)": self.write, theirs: lambda: self.bare(kind)}

    def restore(self) -> None:
        self.backup.restore(self.name)

    def prove(self) -> None:
        shown = self.backup.prove(self.name)
        assert (shown.depth, shown.problems) == ("proved equal", ()), shown
        self.backup.discard()

    def bare_restore(self) -> None:
        """What ours does too, but for replaying the log and stopping at the point."""
        self.backup.folder.begin()
        where = (f"--pg1-path={self.folder / 'restored'}", f"--set={self.backup.pgbackrest.labels(60)[0].label}")
        bare(self.config, "restore", *where, "--archive-mode=off", "--type=immediate")
        self.backup.discard()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compress", default="zst")
    parser.add_argument("--repository", choices=("store", "folder"), default="store")
    parser.add_argument("--folder")
    arguments = parser.parse_args()
    settings = {"compress-type": arguments.compress, "process-max": "2", "repo1-bundle": "y", "archive-async": "y"}
    with workspace(arguments.folder) as folder:
        made, key, port = *certificate(folder), free_port()
        settings |= in_store(port, made) if arguments.repository == "store" else {"repo1-path": folder / "repository"}
        with s3_store(folder, (made, key, port)), archived_cluster(folder, settings) as (server, config):
            size = fill_database(server, "shop", arguments.megabytes)
            print(f"A database of {size / 1e6:,.0f} MB; {arguments.compress} to a {arguments.repository}")
            world = World(folder, server, config)
            world.settle()
            for kind in ("full", "incr"):
                seconds = in_turns(world.sides(kind), arguments.rounds)
                ours, theirs = SIDES[kind]
                print_table({name: seconds[name] for name in (ours, theirs)}, ours, {theirs: 1.05})
                share = statistics.median(world.shares[kind])
                print(f"Ours is {share:.3f} of the `pgbackrest backup` within it, which the load slows alike")
            newest = world.backup.backups()[0]
            print(f"The newest backup added {(newest.size or 0) / 1e6:,.0f} MB")
            restores = in_turns({RESTORE: world.restore, PROOF: world.prove, BARE_RESTORE: world.bare_restore}, 1)
            print({name: round(statistics.median(times), 2) for name, times in restores.items()})


if __name__ == "__main__":
    main()
