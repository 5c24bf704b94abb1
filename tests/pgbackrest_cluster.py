"""A cluster of Debian's PostgreSQL, standing still, and the folders that it may be copied to."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.snapshots.system_user import becoming, give

VERSIONS = Path("/usr/lib/postgresql")


def server_programs() -> str:
    """Debian's newest PostgreSQL that has pg_amcheck."""
    found = sorted(VERSIONS.glob("*/bin/pg_amcheck"), key=lambda path: int(path.parts[-3]))
    if not found or not shutil.which("pgbackrest"):
        pytest.skip("needs the Debian packages pgbackrest and postgresql-15")
    return str(found[-1].parent)


def owner() -> str:
    """Who runs PostgreSQL: root must not."""
    return "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def become() -> dict[str, object]:
    return becoming(owner())


def give_all(folder: Path, user: str) -> None:
    for path in (folder, *folder.rglob("*")):
        give(path, user)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that other users can enter: pytest's own are closed to them."""
    memory = Path("/dev/shm")  # pgBackRest has every file put on disk: here that takes no time
    where = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="lifeboat-pgbackrest-", dir=where))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_template(folder: Path) -> Path:
    """A cluster with a database in it, standing still."""
    programs, data = server_programs(), folder / "template"
    give_all(folder, owner())
    options = {"check": True, "capture_output": True, "timeout": 60, "cwd": "/", **become()}
    make = [
        f"{programs}/initdb",
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-N",
        "-k",
        "--wal-segsize=1",
        "--locale=C.UTF-8",
    ]
    subprocess.run(make, **options)  # type: ignore[call-overload]
    alone = [f"{programs}/postgres", "--single", "-D", str(data), "-j"]
    # The fewer databases, the faster; the templates are not needed to serve.
    drop = "update pg_database set datistemplate = false;\n\ndrop database template0;\n\ndrop database template1;\n\n"
    for database, script in (("postgres", f"create database shop;\n\n{drop}"), ("shop", TABLES)):
        subprocess.run([*alone, database], input=script.encode(), **options)  # type: ignore[call-overload]
    return data


TABLES = """create table orders (id serial primary key, at timestamptz not null default clock_timestamp(),
payload text not null);

insert into orders (payload) select md5(n::text) from generate_series(1, 2000) n;

create table nothing (v int);

create unlogged table fleeting (id int generated always as identity, v text);

insert into fleeting (v) select n::text from generate_series(1, 50) n;

create index on orders (payload);

"""
