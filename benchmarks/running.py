"""Processes, ports and folders of a benchmark, all gone at its end."""

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def workspace(folder: str | None) -> Iterator[Path]:
    """A fresh folder, removed at the end. PostgreSQL runs as nobody where root asks, and must be let in."""
    path = Path(tempfile.mkdtemp(prefix="lifeboat-benchmark-", dir=folder))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(command: list[str], stop: signal.Signals, log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/")
        try:
            yield
        finally:
            process.send_signal(stop)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=10)


def wait(true: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not start within {seconds} s.")
        time.sleep(0.1)


def reachable(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port(beside: int = 0) -> int:
    """A free port, and the one `beside` further up is free too."""
    while True:
        with socket.socket() as probe, socket.socket() as other:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1] - (beside if beside else 0)
            with contextlib.suppress(OSError):
                other.bind(("127.0.0.1", port if beside else 0))
                return port
