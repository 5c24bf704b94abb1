"""A PostgreSQL server and its streaming replica, both real, for the tests of a warm standby."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from server_fixtures import _AS_NOBODY, _NOBODY, Cluster, free_ports, programs, running, wait_until

# fsync off, as in the other tests: no machine is lost here, and what a killed process wrote stays.
SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "autovacuum": "off"}
SETTINGS |= {"dynamic_shared_memory_type": "mmap", "log_min_messages": "panic", "wal_receiver_status_interval": "1s"}
SETTINGS |= {"wal_retrieve_retry_interval": "100ms", "shared_buffers": "16MB"}


def unprivileged() -> list[str]:
    return [*_AS_NOBODY, *_NOBODY] if os.geteuid() == 0 else []


class Replica(Cluster):
    """A server that was made by pg_basebackup of another, and follows it.

    Args:
        data: its folder.
        port: where it listens.
    """

    def __init__(self, data: Path, port: int) -> None:
        super().__init__(port)
        self.data = data

    def seed(self, primary: Cluster) -> None:
        """Copies the primary; `-R` writes down whom to follow."""
        words = {"host": "127.0.0.1", "port": primary.port, "user": "postgres", "password": Cluster.password}
        conninfo = psycopg.conninfo.make_conninfo(**words)
        command = [*unprivileged(), str(programs() / "pg_basebackup"), "-D", str(self.data), "-R", "-X", "stream"]
        command += ["--checkpoint=fast", "--no-sync", "-d", conninfo]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    @contextlib.contextmanager
    def served(self) -> Iterator["Replica"]:
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        serve = [*unprivileged(), str(programs() / "postgres"), "-D", str(self.data), "-p", str(self.port), *options]
        with running(serve, signal.SIGINT, stderr=subprocess.DEVNULL, cwd="/"):
            wait_until(self.alive, 60, "the replica's start")
            yield self


@contextlib.contextmanager
def replica_of(primary: Cluster) -> Iterator[Replica]:
    """A fresh replica, as nobody where root asks."""
    folder = Path(tempfile.mkdtemp(prefix="lifeboat-replica-"))
    try:
        folder.chmod(0o755)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(data, 65534, 65534)
        server = Replica(data, free_ports(1)[0])
        server.seed(primary)
        with server.served():
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)
