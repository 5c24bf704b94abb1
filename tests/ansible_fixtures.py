"""A machine to log in to: a real SSH server on loopback, and a stand-in for the shop that listens as it does."""

import getpass
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.inventories.ansible import AnsibleInventory
from demo.ssh_keys import SshKeys, make_ssh_keys
from recovery.model import Frozen

SECRET = "correct-horse-battery"
PROJECT = Path(__file__).resolve().parents[1]
# Keeps the contract of the demo's shop (configuration keys, pid file once it listens) and needs no database.
STAND_IN = """
import argparse, http.server, json, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--config")
config = json.loads(pathlib.Path(parser.parse_args().config).read_text())
assert config["database"]["password"], "no password"
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"site": config["site"]}).encode())
    def log_message(self, *_): pass
server = http.server.HTTPServer((config["address"], config["port"]), Handler)
pathlib.Path(config["pid_file"]).write_text(str(os.getpid()))
server.serve_forever()
"""


class Machine(Frozen):
    """Args:
    keys: its SSH keys.
    port: where its SSH server listens.
    """

    keys: SshKeys
    port: int

    def host(self, **variables: Any) -> dict[str, Any]:
        return {
            "ansible_host": "127.0.0.1",
            "ansible_port": self.port,
            "ansible_user": getpass.getuser(),
            "ansible_python_interpreter": sys.executable,
            **variables,
        }

    def inventory(self, playbook: Path | str, **fields: Any) -> AnsibleInventory:
        defaults: dict[str, Any] = {
            "playbook": str(playbook),
            "hosts": {"standby": self.host()},
            "ssh_private_key": SecretStr(self.keys.client_key.read_text()),
            "known_hosts": self.keys.known_hosts("127.0.0.1", self.port),
        }
        return AnsibleInventory(**{**defaults, **fields})


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    keys = make_ssh_keys(tmp_path_factory.mktemp("ssh"))
    files = ["--host-key", str(keys.host_key), "--authorized-keys", str(keys.authorized_keys)]
    argv = [sys.executable, "-m", "demo.ssh_server", "--address", "127.0.0.1", "--port", "0", *files]
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    assert server.stdout
    port = int(server.stdout.readline().rsplit(":", 1)[1])
    yield Machine(keys=keys, port=port)
    server.terminate()
    server.wait(10)


@pytest.fixture
def shop_variables(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The role's variables for the stand-in; what it started is ended afterwards."""
    package = tmp_path / "modules" / "standin"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "shop.py").write_text(STAND_IN)
    yield {
        "shop_module_path": str(tmp_path / "modules"),
        "shop_module": "standin.shop",
        "shop_folder": str(tmp_path / "shop"),
        "shop_address": "127.0.0.1",
        "shop_port": free_port(),
        "shop_database": {"host": "127.0.0.2", "port": 5432, "dbname": "shop", "user": "shop"},
    }
    pid_file = tmp_path / "shop" / "shop.pid"
    if pid_file.exists():
        os.kill(int(pid_file.read_text()), signal.SIGKILL)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def write_playbook(folder: Path, tasks: list[dict[str, Any]]) -> Path:
    path = folder / "playbook.yml"
    path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    return path
