"""A cluster of Debian's PostgreSQL whose log goes to a pgBackRest repository: a folder, or an S3 store over TLS."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from running import free_port, reachable, running, wait
from servers import ACCESS, BUCKET, REGION, SECRET

OWNER = "nobody" if os.geteuid() == 0 else ""
_AS_OWNER = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if OWNER else []
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "archive_mode": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "log_min_messages": "panic",
}


def server_programs() -> Path:
    """Debian's newest PostgreSQL; the embedded one is newer than Debian's pgBackRest can handle."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_amcheck"), key=lambda path: int(path.parts[-3]))
    if not found or not shutil.which("pgbackrest"):
        raise SystemExit("This needs the Debian packages pgbackrest and postgresql.")
    return found[-1].parent


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    made, key = folder / "authority.pem", folder / "key.pem"
    line = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    line += ["-addext", "subjectAltName=IP:127.0.0.1,DNS:127.0.0.1", "-out", str(made), "-keyout", str(key)]
    subprocess.run(line, check=True, capture_output=True, timeout=60)
    return made, key


def in_store(port: int, authority: Path) -> dict[str, str]:
    """A repository in the S3 store, encrypted."""
    words = {"type": "s3", "s3-endpoint": "127.0.0.1", "storage-port": str(port), "storage-ca-file": str(authority)}
    words |= {"s3-uri-style": "path", "s3-bucket": BUCKET, "s3-region": REGION, "s3-key": ACCESS, "path": "/physical"}
    words |= {"s3-key-secret": SECRET, "cipher-type": "aes-256-cbc", "cipher-pass": "open sesame"}
    return {f"repo1-{name}": value for name, value in words.items()}


@contextlib.contextmanager
def archived_cluster(folder: Path, settings: Mapping[str, str]) -> Iterator[tuple[int, Path]]:
    """Gives the cluster's port, and pgBackRest's configuration; its stanza is `shop`."""
    programs, port, config = server_programs(), free_port(), folder / "pgbackrest.conf"
    words = {f"{kind}-path": str(folder / kind) for kind in ("lock", "log", "spool")} | {"log-level-file": "off"}
    stanza = {"pg1-path": folder / "data", "pg1-port": port, "pg1-socket-path": folder, "pg1-user": "postgres"}
    lines = ["[global]", *(f"{name}={value}" for name, value in (words | dict(settings)).items())]
    config.write_text("\n".join([*lines, "[shop]", *(f"{name}={value}" for name, value in stanza.items())]))
    for name in ("lock", "log", "spool", "data", "repository", "."):
        (folder / name).mkdir(exist_ok=True)
        if OWNER:
            shutil.chown(folder / name, "nobody", "nogroup")
    make = [*_AS_OWNER, str(programs / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-k"]
    subprocess.run([*make, "--locale=C.UTF-8"], check=True, capture_output=True, timeout=60, cwd="/")
    push = f"pgbackrest --config={config} --stanza=shop archive-push %p"
    options = _SETTINGS | {"port": str(port), "unix_socket_directories": str(folder), "archive_command": push}
    serve = [*_AS_OWNER, str(programs / "postgres"), "-D", str(folder / "data")]
    serve += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with running(serve, signal.SIGINT, folder / "postgres.log"):
        wait(lambda: reachable(port), "PostgreSQL")
        bare(config, "stanza-create")
        yield port, config


def bare(config: Path, command: str, *options: str) -> None:
    """Runs pgBackRest alone."""
    line = [*_AS_OWNER, "pgbackrest", f"--config={config}", "--stanza=shop", "--log-level-console=off"]
    subprocess.run([*line, "--log-level-stderr=error", command, *options], check=True, timeout=1800, cwd="/")
