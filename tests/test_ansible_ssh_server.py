"""The SSH server by itself, used by OpenSSH's own client."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from ansible_fixtures import Machine, free_port, machine

from demo.ssh_keys import make_ssh_keys

__all__ = ["machine"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no OpenSSH client on this machine"),
]
Ssh = Callable[..., list[str]]


@pytest.fixture
def ssh(machine: Machine, tmp_path: Path) -> Ssh:
    """Builds the command line of a login."""
    known = tmp_path / "known_hosts"
    known.write_text(machine.keys.known_hosts("127.0.0.1", machine.port))

    def build(*command: str, key: Path = machine.keys.client_key, user: str = "") -> list[str]:
        options = [f"UserKnownHostsFile={known}", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "BatchMode=yes"]
        argv = ["ssh", "-F", "none", "-p", str(machine.port), "-i", str(key)]
        argv += [part for option in options for part in ("-o", option)]
        return [*argv, *(["-l", user] if user else []), "127.0.0.1", *command]

    return build


def pids(text: str) -> list[int]:
    shown = psutil.process_iter(["cmdline"])
    return [process.pid for process in shown if " ".join(process.info["cmdline"] or []) == text]


def wait_for_count(text: str, count: int) -> None:
    deadline = time.monotonic() + 10
    while len(pids(text)) != count:
        assert time.monotonic() < deadline, f"{text}: {pids(text)}"
        time.sleep(0.05)


def test_output_errors_and_exit_code_come_back(ssh: Ssh) -> None:
    done = subprocess.run(ssh("cat; echo trouble >&2; exit 3"), input=b"words", capture_output=True, timeout=20)
    assert (done.stdout, done.stderr, done.returncode) == (b"words", b"trouble\n", 3)


def test_megabytes_arrive_whole_both_ways(ssh: Ssh) -> None:
    content = os.urandom(5_000_000)
    done = subprocess.run(ssh("cat"), input=content, capture_output=True, timeout=60)
    assert done.stdout == content


def test_only_the_known_key_and_only_this_user_are_let_in(ssh: Ssh, tmp_path: Path) -> None:
    stranger = make_ssh_keys(tmp_path / "stranger").client_key
    for argv in (ssh("true", key=stranger), ssh("true", user="somebody-else")):
        done = subprocess.run(argv, capture_output=True, text=True, timeout=20)
        assert done.returncode == 255
        assert "Permission denied" in done.stderr


def test_the_servers_environment_stays_behind(ssh: Ssh) -> None:
    done = subprocess.run(ssh("env"), capture_output=True, text=True, timeout=20)
    assert "HOME=" in done.stdout
    assert "PYTEST_CURRENT_TEST" not in done.stdout


def test_a_login_that_is_cut_takes_its_command_with_it_but_not_a_daemon(ssh: Ssh) -> None:
    child, daemon = f"sleep 7{free_port()}", f"sleep 8{free_port()}"
    login = subprocess.Popen(ssh(f"setsid {daemon} >/dev/null 2>&1 </dev/null & {child}"))
    try:
        wait_for_count(child, 1)
        wait_for_count(daemon, 1)
        login.kill()
        login.wait(10)
        wait_for_count(child, 0)
        assert len(pids(daemon)) == 1
    finally:
        for pid in pids(daemon):
            os.kill(pid, signal.SIGKILL)
