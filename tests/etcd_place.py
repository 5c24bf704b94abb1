"""An etcd member with everything in it that etcd keeps, and a folder to restore to."""

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import pytest
from server_fixtures import free_ports, running, wait_until

from blocks.sources.etcd import EtcdSource
from blocks.sources.etcd_client import EtcdClient, text, tls
from blocks.sources.etcd_member import EtcdPrograms

ODD = b"\x00od\\d \xff\n"
LARGE = bytes(range(256)) * 4096
_FAST = ("--unsafe-no-fsync", "--heartbeat-interval=10", "--election-timeout=100", "--log-level=fatal")


def etcd_programs() -> str:
    """The folder of etcd's programs."""
    found = shutil.which("etcd")
    if found is None or not (shutil.which("etcdutl") or shutil.which("etcdctl")):
        pytest.skip("etcd is not installed (on Debian: etcd-server and etcd-client)")
    return str(Path(found).parent)


@contextlib.contextmanager
def serving(data: Path, keys: tuple[Path, Path] | None = None) -> Iterator[tuple[str, Any]]:
    """A member on loopback; gives its endpoint and its process.

    Args:
        data: its data folder.
        keys: a key and its certificate: it shows itself with it, and wants to be shown it.
    """
    client, peer = (f"http://127.0.0.1:{port}" for port in free_ports(2))
    if keys:
        client = client.replace("http:", "https:")
    command = [f"{etcd_programs()}/etcd", f"--data-dir={data}", f"--listen-client-urls={client}", "--name=source"]
    command += [f"--advertise-client-urls={client}", f"--listen-peer-urls={peer}", f"--initial-cluster=source={peer}"]
    command += [f"--initial-advertise-peer-urls={peer}", *_FAST]
    if keys:
        command += [f"--key-file={keys[0]}", f"--cert-file={keys[1]}", f"--trusted-ca-file={keys[1]}"]
        command += ["--client-cert-auth"]
    with running(command, signal.SIGTERM, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: healthy(client, keys), 60, "etcd's start")
        yield client, process


def healthy(endpoint: str, keys: tuple[Path, Path] | None = None) -> bool:
    trust = tls(endpoint, str(keys[1]), str(keys[1]), str(keys[0])) if keys else False
    try:
        return httpx.get(f"{endpoint}/health", timeout=2, trust_env=False, verify=trust).json()["health"] == "true"
    except (httpx.HTTPError, ValueError):
        return False


class EtcdPlace:
    def __init__(self, folder: Path, endpoint: str, process: Any) -> None:
        self.programs, self.process = etcd_programs(), process
        self.restored, self.staged = folder / "restored", folder / "restored.staged"
        self.source = EtcdSource(endpoint=endpoint, programs=self.programs, timeout_seconds=30)
        self.target = EtcdSource(data_folder=str(self.restored), programs=self.programs, timeout_seconds=30)
        self.unreachable = self.source.model_copy(update={"endpoint": "http://127.0.0.1:9"})

    @contextlib.contextmanager
    def connected(self) -> Iterator[EtcdClient]:
        http = httpx.Client(base_url=str(self.source.endpoint), timeout=30, trust_env=False)
        with contextlib.closing(EtcdClient("live", http)) as client:
            yield client

    @property
    def changes(self) -> dict[str, tuple[Callable[[], object], str]]:
        return {
            "one bit": (self._staged(lambda at: put(at, b"large", LARGE[:-1] + b"\xfe")), "key large has the right"),
            "added": (self._staged(lambda at: put(at, b"new", b"")), "key new is extra"),
            "deleted": (self._staged(lambda at: at.call("kv/deleterange", key=text(ODD))), "is missing"),
            "the same again": (self._staged(lambda at: put(at, b"a/1", b"1")), "key a/1 has the right number of bytes"),
            "lease gone": (self._staged(lambda at: put(at, b"leased", b"x")), "key leased has the right number"),
            "a right": (self._staged(widen), "role reader is READ Yg==; READWRITE eA==, not READ Yg=="),
            "a user": (self._staged(lambda at: at.call("auth/user/delete", name="ann")), "user ann is missing"),
        }

    def restore_again(self, archive: Path) -> None:
        self.target.restore(archive)

    def change_live(self) -> None:
        with self.connected() as client:
            put(client, b"a/1", b"changed")

    def break_mid_way(self, stream: BinaryIO) -> None:
        self.process.kill()

    def kept_beside(self) -> int:
        return len(list(self.restored.parent.glob("restored.before-*")))

    def _staged(self, change: Callable[[EtcdClient], object]) -> Callable[[], object]:
        def apply() -> None:
            with EtcdPrograms(self.programs).member(self.staged, 20) as client:
                change(client)

        return apply


def put(client: EtcdClient, key: bytes, value: bytes, **more: object) -> None:
    client.call("kv/put", key=text(key), value=text(value), **more)


def widen(client: EtcdClient) -> None:
    client.call("auth/role/grant", name="reader", perm={"permType": "READWRITE", "key": text(b"x")})


def fill(client: EtcdClient) -> None:
    for number in range(510):  # more than one page
        put(client, b"a/%d" % number, b"%d" % number)
    for number in range(6):  # more than what a socket holds, so that a stream is still under way
        put(client, b"bulk/%d" % number, LARGE)
    put(client, b"large", LARGE)
    put(client, b"empty", b"")
    put(client, ODD, ODD)
    put(client, b"gone", b"x")
    client.call("kv/deleterange", key=text(b"gone"))
    lease = client.call("lease/grant", TTL=3600)["ID"]
    put(client, b"leased", b"x", lease=lease)
    client.call("auth/role/add", name="reader")
    client.call("auth/role/grant", name="reader", perm={"permType": "READ", "key": text(b"b")})
    client.call("auth/user/add", name="ann", password="ann's")
    client.call("auth/user/grant", user="ann", role="reader")
