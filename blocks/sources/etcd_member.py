"""etcd's own programs: restoring a snapshot, reading its revision, and a member that nobody else can reach."""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from blocks.sources.etcd_client import EtcdClient
from recovery.errors import Conflict, RecoveryError, Unreachable

_REMEDY = "Install etcd, with etcdutl or, before 3.5, etcdctl, or name the programs' folder."
# Of a member that is thrown away: nothing has to be on disk, and one that votes alone need not wait for others.
_HASTY = ("--unsafe-no-fsync", "--heartbeat-interval=10", "--election-timeout=100", "--log-level=error")
# Names of sockets in its working folder, with port numbers since etcd wants them.
_HIDDEN = (
    "--listen-client-urls=unix://client:0",
    "--advertise-client-urls=unix://client:0",
    "--listen-peer-urls=unix://peer:0",
)
_ASK_SECONDS = 30


class EtcdPrograms:
    """Args:
    folder: where etcd and etcdutl are, or None for the PATH.
    """

    def __init__(self, folder: str | None) -> None:
        self._folder = folder
        # etcd reads every flag from ETCD_… as well: only what we say is to count.
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("ETCD")}

    def revision(self, snapshot: Path, seconds: float) -> int:
        """The revision of the newest entry in a snapshot; 0 if it has none."""
        told = self._run("snapshot", "status", str(snapshot), "--write-out=json", seconds=seconds)
        return int(json.loads(told)["revision"])

    def restore(self, archive: Path, folder: Path, member: str, peer_url: str, seconds: float) -> None:
        """Makes the data folder of the only member of a new cluster. The snapshot's own checksum is checked."""
        alone = (f"--initial-cluster={member}={peer_url}", f"--initial-advertise-peer-urls={peer_url}")
        where = (f"--data-dir={folder}", f"--name={member}", *alone)
        self._run("snapshot", "restore", str(archive), *where, seconds=seconds)

    @contextlib.contextmanager
    def member(self, data: Path, seconds: float) -> Iterator[EtcdClient]:
        """Starts a member on a data folder and stops it again. It listens on Unix sockets in a folder of its own only.

        Args:
            data: its data folder. The member writes to it: give it a copy.
            seconds: how long it may take to be ready.
        """
        with tempfile.TemporaryDirectory(prefix="lifeboat-etcd-") as run, Path(run, "log").open("wb") as log:
            command = [self._program("etcd"), f"--data-dir={data}", *_HIDDEN, *_HASTY]
            with _started(command, env=self._environment, cwd=run, stdout=log, stderr=log) as process:
                socket = httpx.HTTPTransport(uds=str(Path(run, "client:0")))
                http = httpx.Client(base_url="http://etcd", transport=socket, timeout=_ASK_SECONDS, trust_env=False)
                client = EtcdClient(f"from {data}", http)
                try:
                    _wait(process, client, seconds, Path(run, "log"))
                    yield client
                finally:
                    client.close()

    def _program(self, name: str) -> str:
        return str(Path(self._folder, name)) if self._folder else name

    def _run(self, *arguments: str, seconds: float) -> str:
        # 3.4 has no etcdutl, and 3.6 took this away from etcdctl.
        name = "etcdutl" if shutil.which("etcdutl", path=self._folder) else "etcdctl"
        command, nothing = [self._program(name), *arguments], subprocess.DEVNULL
        try:
            done = subprocess.run(
                command, env=self._environment, stdin=nothing, capture_output=True, timeout=seconds, check=False
            )
        except OSError as error:
            raise RecoveryError(f"{name} could not be started: {error.strerror}.", remedy=_REMEDY) from error
        except subprocess.TimeoutExpired:
            raise RecoveryError(f"{name} was stopped: it did not finish within {seconds:.0f} s.") from None
        if done.returncode != 0:
            raise RecoveryError(f"{name} failed with exit status {done.returncode}: {_last_line(done.stderr)}.")
        return done.stdout.decode(errors="replace")


@contextlib.contextmanager
def at_rest(data: Path) -> Iterator[None]:
    """Holds the lock that a running member holds.

    Raises:
        Conflict: a member runs on this data folder.
    """
    database = data / "member" / "snap" / "db"
    with contextlib.ExitStack() as stack:
        if database.exists():
            file = stack.enter_context(database.open("rb+"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                remedy = "Stop it first, or name its endpoint."
                raise Conflict(f"An etcd member runs on {data}.", remedy=remedy) from None
        yield


@contextlib.contextmanager
def _started(command: list[str], **options: Any) -> Iterator["subprocess.Popen[bytes]"]:
    try:
        process: subprocess.Popen[bytes] = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    except OSError as error:
        raise RecoveryError(f"etcd could not be started: {error.strerror}.", remedy=_REMEDY) from error
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def _wait(process: "subprocess.Popen[bytes]", client: EtcdClient, seconds: float, log: Path) -> None:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            client.revision()
            return
        except Unreachable:
            time.sleep(0.02)
        except RecoveryError:  # it is there, and wants us to log in
            return
    how = "ended" if process.poll() is not None else f"was not ready within {seconds:.0f} s"
    raise RecoveryError(f"The scratch etcd member {how}: {_last_line(log.read_bytes())}.")


def _last_line(errors: bytes) -> str:
    lines = [line.strip() for line in errors.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1][:500] if lines else "it said nothing"
