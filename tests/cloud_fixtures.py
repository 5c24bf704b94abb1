"""Emulators of Azure Blob Storage and Google Cloud Storage, each started once a session.

Neither enforces immutability. Azurite is found on the PATH (npm: azurite), or named by LIFEBOAT_AZURITE.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from server_fixtures import free_ports, running, wait_until

# Azurite's own, printed in its documentation.
AZURITE_ACCOUNT = "devstoreaccount1"
AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The account's address, with a container `lifeboat`."""
    from azure.storage.blob import ContainerClient

    program = os.environ.get("LIFEBOAT_AZURITE") or shutil.which("azurite-blob")
    if not program:
        pytest.skip("azurite-blob is not on the PATH (npm package azurite)")
    folder, port = tmp_path_factory.mktemp("azurite"), free_ports(1)[0]
    command = [program, "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    command += ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    with running(command, signal.SIGTERM, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder):
        wait_until(lambda: answers(port), 40, "Azurite's start")
        url = f"http://127.0.0.1:{port}/{AZURITE_ACCOUNT}"
        ContainerClient(url, "lifeboat", credential=AZURITE_KEY).create_container()
        yield url


@pytest.fixture(scope="session")
def google_storage() -> Iterator[str]:
    """The API's address, with a bucket `lifeboat`."""
    program, port = Path(sys.executable).parent / "gcp-storage-emulator", free_ports(1)[0]
    if not program.exists():
        pytest.skip("gcp-storage-emulator is not installed (PyPI package gcp-storage-emulator)")
    command = [str(program), "start", "--host=127.0.0.1", f"--port={port}", "--in-memory", "--default-bucket=lifeboat"]
    with running(command, signal.SIGINT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        wait_until(lambda: answers(port), 40, "the emulator's start")
        yield f"http://127.0.0.1:{port}"
