"""The platform as deploy/ has it, on this machine: PostgreSQL, Redis, two servers behind HAProxy, and two runners."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from certificate import certificate
from cryptography.fernet import Fernet
from server_fixtures import Cluster, cluster, free_ports, running, wait_until

from recovery.places import ROOT

PROGRAMS = ("redis-server", "haproxy", "chromium")
MISSING = [name for name in PROGRAMS if not shutil.which(name)]
MISSING += [name for name in ("playwright", "prefect_redis") if find_spec(name) is None]
needs_platform = pytest.mark.skipif(
    bool(MISSING), reason=f"not here: {', '.join(MISSING)} (Debian: redis-server haproxy chromium)"
)
BIN = Path(sys.executable).parent
USER, PASSWORD = "lifeboat", "correct horse battery staple"
START = 600.0  # seconds, on a machine that has other things to do


class Platform:
    """A running platform.

    Args:
        url: of the proxy.
        servers: the Prefect servers' processes.
        environment: of whoever talks to it.
        authority: the certificate that the proxy's is checked against.
    """

    def __init__(
        self, url: str, servers: list[subprocess.Popen[bytes]], environment: dict[str, str], authority: Path
    ) -> None:
        self.url, self.servers, self.environment, self.authority = url, servers, environment, authority

    def api(self) -> httpx.Client:
        import ssl

        trusted = ssl.create_default_context(cafile=str(self.authority))
        transport = httpx.HTTPTransport(retries=3, verify=trusted)
        return httpx.Client(base_url=f"{self.url}/api", auth=(USER, PASSWORD), timeout=60, transport=transport)

    def lifeboat(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BIN / "lifeboat", *words], env=self.environment, capture_output=True, text=True, timeout=START, check=False
        )


def _variables(name: str) -> dict[str, str]:
    """What deploy/ gives to servers, or to runners, without addresses and secrets."""
    lines = (ROOT / "deploy" / f"{name}.env.example").read_text().splitlines()
    found = dict(line.split("=", 1) for line in lines if line.startswith(("PREFECT_", "GX_", "DO_NOT")))
    return {key: value for key, value in found.items() if "CHANGE-ME" not in value and "example.com" not in value}


@contextmanager
def platform(folder: Path, world: Mapping[str, str]) -> Iterator[Platform]:
    """Starts it all; afterwards nothing of it is left.

    Args:
        folder: for its files.
        world: the environment of the world that runners work in.
    """
    redis, one, two, proxy = free_ports(4)
    key, authority = certificate(folder)
    both = folder / "tls.pem"
    both.write_bytes(authority.read_bytes() + key.read_bytes())
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    with ExitStack() as stack:
        database = stack.enter_context(cluster())
        database.run("postgres", "create database prefect")
        store = ["redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        stack.enter_context(running(store, signal.SIGTERM, stdout=subprocess.DEVNULL))
        url = f"https://127.0.0.1:{proxy}"
        serving = bare | _variables("server") | _secrets(database, redis, url)
        upgrade = [BIN / "prefect", "--no-prompt", "server", "database", "upgrade", "--yes"]
        home = {"PREFECT_HOME": str(folder / "upgrade")}
        subprocess.run(upgrade, env=serving | home, check=True, capture_output=True, timeout=START)
        servers = []
        for port in (one, two):  # one after the other: see docs/platform.md
            servers.append(stack.enter_context(_server(folder, port, serving)))
            wait_until(lambda port=port: _answers(port), START, "A Prefect server's start")  # type: ignore[misc]
        stack.enter_context(_proxy(both, proxy, (one, two)))
        talking = bare | _variables("runner") | dict(world)
        talking |= {"PREFECT_API_URL": f"{url}/api", "PREFECT_API_AUTH_STRING": f"{USER}:{PASSWORD}"}
        talking |= {"PREFECT_API_SSL_CERT_FILE": str(authority), "PREFECT_HOME": str(folder / "client")}
        for number in (1, 2):
            log = stack.enter_context((folder / f"runner-{number}.log").open("wb"))
            command = [str(BIN / "lifeboat"), "runner"]
            stack.enter_context(running(command, signal.SIGTERM, env=talking, stdout=log, stderr=log, cwd=ROOT))
        yield Platform(url, servers, talking, authority)


def _secrets(database: Cluster, redis: int, url: str) -> dict[str, str]:
    words = f"postgres:{quote(database.password, safe='')}"
    return {
        "PREFECT_API_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://{words}@127.0.0.1:{database.port}/prefect",
        "PREFECT_REDIS_MESSAGING_URL": f"redis://127.0.0.1:{redis}/0",
        "PREFECT_SERVER_DOCKET_URL": f"redis://127.0.0.1:{redis}/0",
        "PREFECT_SERVER_API_AUTH_STRING": f"{USER}:{PASSWORD}",
        "PREFECT_SERVER_ENCRYPTION_KEY": Fernet.generate_key().decode(),
        "PREFECT_SERVER_UI_API_URL": f"{url}/api",
        "PREFECT_UI_URL": url,
    }


@contextmanager
def _server(folder: Path, port: int, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """By the command that deploy/ starts it with."""
    command = [str(BIN / "prefect"), "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    home = {"PREFECT_HOME": str(folder / f"server-{port}")}
    with (
        (folder / f"server-{port}.log").open("wb") as log,
        running(command, signal.SIGTERM, env=environment | home, stdout=log, stderr=log) as process,
    ):
        yield process


@contextmanager
def _proxy(certificate_file: Path, port: int, servers: tuple[int, int]) -> Iterator[Any]:
    """HAProxy by deploy/haproxy.cfg as it is."""
    names = {f"LIFEBOAT_SERVER_{number}": f"127.0.0.1:{each}" for number, each in enumerate(servers, 1)}
    here = {"LIFEBOAT_LISTEN": f"127.0.0.1:{port}", "LIFEBOAT_TLS": str(certificate_file)}
    command = ["haproxy", "-f", str(ROOT / "deploy" / "haproxy.cfg")]
    environment = {**os.environ, **names, **here}
    with running(command, signal.SIGTERM, env=environment, stdout=subprocess.DEVNULL) as process:
        yield process


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
