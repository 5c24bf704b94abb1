"""A PostgreSQL server on a restored data folder that nobody but us can reach, and that touches nothing outside it."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from blocks.snapshots.postgresql_leftover import MARK, stop_leftover
from blocks.snapshots.system_user import becoming, give, run_as
from recovery.errors import RecoveryError

PORT = 5432
# What the restored cluster was set to is not obeyed: it could listen, archive into the live repository, or load what is
# not installed here. Settings on the command line go before all others.
_ALONE = {
    "listen_addresses": "",
    "port": str(PORT),
    "archive_mode": "off",
    "primary_conninfo": "",
    "hot_standby": "off",
    "autovacuum": "off",
    "shared_preload_libraries": "",
    "ssl": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "warning",
    "external_pid_file": "",
    "archive_cleanup_command": "",
    "recovery_end_command": "",
    # What was prepared to be committed in two phases comes back too, and needs room: there may be more on the source.
    "max_prepared_transactions": "1000",
}
_DATABASES = "select datname from pg_database where datallowconn"


class ScratchServer:
    """Args:
    socket: the folder of its socket.
    """

    def __init__(self, socket: str, programs: str, user: str) -> None:
        self.socket, self._programs, self._user = socket, programs, user

    def check(self, superuser: str, seconds: float) -> list[str]:
        """Runs pg_amcheck over every table and index of every database, and leaves them as they were.

        Returns:
            What is damaged, one sentence at most.
        """
        where = (f"--host={self.socket}", f"--port={PORT}", f"--username={superuser}", "--no-password")
        line = [str(Path(self._programs, "pg_amcheck")), *where, "--all", "--install-missing", "--heapallindexed"]
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
        lacking = [name for name in self._rows(superuser, "postgres", _DATABASES) if not self._has(superuser, name)]
        try:
            status, output, errors = run_as(self._user, line, environment, seconds)
        finally:
            for name in lacking:
                self._rows(superuser, name, "drop extension if exists amcheck")
        told = [words.strip() for words in (output + errors).splitlines() if words.strip()]
        return [f"pg_amcheck found damage: {' / '.join(told[:4])[:600]}"] if status != 0 else []

    def _has(self, superuser: str, database: str) -> bool:
        return bool(self._rows(superuser, database, "select extname from pg_extension where extname = 'amcheck'"))

    def _rows(self, superuser: str, database: str, query: str) -> list[str]:
        with psycopg.connect(
            host=self.socket, port=PORT, user=superuser, dbname=database, autocommit=True, connect_timeout=5
        ) as connection:
            cursor = connection.execute(query.encode())
            return [row[0] for row in cursor.fetchall()] if cursor.description else []


@contextmanager
def scratch_server(
    data: Path, programs: str, user: str, superuser: str, seconds: float, secrets: Mapping[str, str]
) -> Iterator[ScratchServer]:
    """Starts it, waits until its recovery is finished, and stops it again. One that a killed run left is stopped first.

    Args:
        data: the data folder.
        programs: the folder of `postgres`.
        user: the system user who owns the data folder.
        superuser: of the cluster.
        seconds: how long recovery may take.
        secrets: environment variables for what fetches the log.

    Raises:
        RecoveryError: it did not start, did not reach its recovery target, or not in time.
    """
    stop_leftover(data)
    run = Path(tempfile.mkdtemp(prefix=MARK))
    try:
        for name, text in (("postgresql.conf", ""), ("hba.conf", "local all all trust\n"), ("ident.conf", "")):
            (run / name).write_text(text)
        for path in (run, *run.iterdir()):
            give(path, user)
        files = {"config_file": run / "postgresql.conf", "hba_file": run / "hba.conf", "ident_file": run / "ident.conf"}
        settings = _ALONE | {"unix_socket_directories": str(run)} | {name: str(path) for name, path in files.items()}
        line = [str(Path(programs, "postgres")), "-D", str(data)]
        line += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (run / "log").open("wb") as log, _serving(line, log, user, secrets) as process:
            _wait(process, run, superuser, seconds)
            yield ScratchServer(str(run), programs, user)
    finally:
        shutil.rmtree(run, ignore_errors=True)


@contextmanager
def _serving(
    line: list[str], log: object, user: str, secrets: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | dict(secrets)
    options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": "/", "env": environment}
    try:
        process = subprocess.Popen(line, **options, **becoming(user))  # type: ignore[call-overload]
    except OSError as error:
        raise RecoveryError(f"PostgreSQL could not be started: {error.strerror}.") from error
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)  # a clean stop, which turns clients away
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(timeout=30)


def _wait(process: "subprocess.Popen[bytes]", run: Path, superuser: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(host=str(run), port=PORT, user=superuser, dbname="postgres", connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    lines = [line for line in (run / "log").read_text(errors="replace").splitlines() if line.strip()]
    lines = [line for line in lines if "FATAL" in line or "PANIC" in line or "ERROR" in line] or lines
    how = "ended" if process.poll() is not None else f"was not ready within {seconds:.0f} s"
    raise RecoveryError(f"The restored PostgreSQL {how}: {' / '.join(lines[-2:])[:600] or 'it said nothing'}.")
