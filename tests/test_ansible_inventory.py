"""The Ansible inventory on a real SSH server, by real OpenSSH: what goes well, and every way it fails."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from ansible_fixtures import PROJECT, SECRET, Machine, free_port, machine, write_playbook
from pydantic import SecretStr

from blocks.inventories.ansible import AnsibleInventory
from demo.ssh_keys import make_ssh_keys
from recovery.errors import Missing, RecoveryError, Refused, Unreachable

__all__ = ["machine"]
needs_ssh = pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no OpenSSH client on this machine")
pytestmark = [pytest.mark.slow, needs_ssh]


def silent(line: str) -> None:
    pass


def processes(text: str) -> list[psutil.Process]:
    found = psutil.process_iter(["cmdline"])
    return [process for process in found if text in " ".join(process.info["cmdline"] or [])]


def wait_until_gone(text: str) -> None:
    deadline = time.monotonic() + 10
    while processes(text):
        assert time.monotonic() < deadline, f"{processes(text)} live on"
        time.sleep(0.05)


def test_a_host_that_does_not_answer_is_named(machine: Machine, tmp_path: Path) -> None:
    playbook = write_playbook(tmp_path, [{"name": "Greet", "ansible.builtin.ping": {}}])
    hosts = {"standby-7": machine.host(ansible_port=free_port())}
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"could not reach standby-7: .*Connection refused") as caught:
        machine.inventory(playbook, hosts=hosts, connect_seconds=3).run(tmp_path / "run", silent)
    assert caught.value.changed == "Nothing was changed."
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("known", ["another key", "no key"])
def test_a_host_whose_key_is_not_known_is_refused(machine: Machine, tmp_path: Path, known: str) -> None:
    playbook = write_playbook(tmp_path, [{"name": "Leave a mark", "ansible.builtin.command": f"touch {tmp_path}/mark"}])
    other = make_ssh_keys(tmp_path / "keys")
    lines = {"another key": other.known_hosts("127.0.0.1", machine.port), "no key": "# nobody\n"}[known]
    with pytest.raises(Refused, match="host key of standby is not the one that is known"):
        machine.inventory(playbook, known_hosts=lines).run(tmp_path / "run", silent)
    assert not (tmp_path / "mark").exists()


def test_a_client_whose_key_is_not_let_in_is_an_error(machine: Machine, tmp_path: Path) -> None:
    playbook = write_playbook(tmp_path, [{"name": "Greet", "ansible.builtin.ping": {}}])
    stranger = SecretStr(make_ssh_keys(tmp_path / "keys").client_key.read_text())
    with pytest.raises(Unreachable, match="Permission denied"):
        machine.inventory(playbook, ssh_private_key=stranger).run(tmp_path / "run", silent)


def test_a_failing_task_is_named_and_its_secret_is_cleaned(machine: Machine, tmp_path: Path) -> None:
    tasks = [
        {"name": "Leave a mark", "ansible.builtin.command": f"touch {tmp_path}/mark"},
        {"name": "Go wrong", "ansible.builtin.fail": {"msg": "the token is {{ token }}"}},
        {"name": "Never reached", "ansible.builtin.command": f"touch {tmp_path}/never"},
    ]
    lines: list[str] = []
    inventory = machine.inventory(write_playbook(tmp_path, tasks), secret_variables={"token": SecretStr(SECRET)})
    with pytest.raises(RecoveryError, match=r"standby: Go wrong: .*the token is \[secret\]") as caught:
        inventory.run(tmp_path / "run", lines.append)
    assert caught.value.changed.startswith("1 of its tasks had changed something")
    assert "standby: Leave a mark: changed" in "\n".join(lines)
    assert SECRET not in "\n".join(lines) + str(caught.value)
    assert (tmp_path / "mark").exists()
    assert not (tmp_path / "never").exists()


def test_no_secret_is_left_on_disk_or_seen_in_a_process_list(machine: Machine, tmp_path: Path) -> None:
    tasks = [{"name": f"Use it, {turn}", "ansible.builtin.command": "true"} for turn in range(3)]
    inventory = machine.inventory(write_playbook(tmp_path, tasks), secret_variables={"token": SecretStr(SECRET)})
    seen: list[str] = []

    def look(line: str) -> None:
        seen.append(line)
        seen.extend(" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
        assert all(place.stat().st_mode & 0o077 == 0 for place in (tmp_path / "run").iterdir())

    result = inventory.run(tmp_path / "run", look)
    assert result.ok
    assert any("ansible-playbook" in text for text in seen)
    assert not [text for text in seen if SECRET in text]
    assert not list((tmp_path / "run").iterdir())


def test_secret_variables_reach_the_playbook(machine: Machine, tmp_path: Path) -> None:
    tasks = [{"name": "Read it", "ansible.builtin.assert": {"that": f"token == '{SECRET}'", "quiet": True}}]
    inventory = machine.inventory(write_playbook(tmp_path, tasks), secret_variables={"token": SecretStr(SECRET)})
    assert inventory.run(tmp_path / "run", silent).ok


@pytest.mark.parametrize("connection", ["ssh", "local"])
def test_at_its_deadline_the_module_processes_are_ended(machine: Machine, tmp_path: Path, connection: str) -> None:
    number = f"7{free_port()}"  # no other sleep here has this length
    playbook = write_playbook(tmp_path, [{"name": "Sleep", "ansible.builtin.command": f"sleep {number}"}])
    hosts = {"standby": machine.host(ansible_connection=connection)}
    inventory = machine.inventory(playbook, hosts=hosts, timeout_seconds=4)
    with pytest.raises(RecoveryError, match=r"did not end within 4\.0 s and was stopped"):
        inventory.run(tmp_path / "run", silent)
    wait_until_gone(f"sleep {number}")
    assert not list((tmp_path / "run").iterdir())


class Cancelled(BaseException):
    """As Prefect cancels."""


def test_a_cancelled_run_ends_its_processes_and_removes_its_secrets(machine: Machine, tmp_path: Path) -> None:
    number = f"7{free_port()}"
    playbook = write_playbook(tmp_path, [{"name": "Sleep", "ansible.builtin.command": f"sleep {number}"}])

    def cancel(line: str) -> None:
        if line == "Task: Sleep":
            deadline = time.monotonic() + 20
            while not processes(f"sleep {number}"):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            raise Cancelled

    with pytest.raises(Cancelled):
        machine.inventory(playbook).run(tmp_path / "run", cancel)
    wait_until_gone(f"sleep {number}")
    assert not list((tmp_path / "run").iterdir())


CALLER = """
import sys
from pathlib import Path
from blocks.inventories.ansible import AnsibleInventory
AnsibleInventory.model_validate_json(sys.stdin.read()).run(Path(sys.argv[1]), lambda line: None)
"""


def test_when_its_caller_is_killed_nothing_is_left_behind(machine: Machine, tmp_path: Path) -> None:
    number = f"7{free_port()}"
    playbook = write_playbook(tmp_path, [{"name": "Sleep", "ansible.builtin.command": f"sleep {number}"}])
    inventory = machine.inventory(playbook)
    fields = inventory.model_dump(include={"playbook", "hosts", "known_hosts"})
    secrets = {"ssh_private_key": machine.keys.client_key.read_text(), "secret_variables": {"token": SECRET}}
    argv = [sys.executable, "-c", CALLER, str(tmp_path / "run")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=PROJECT) as caller:
        assert caller.stdin
        caller.stdin.write(json.dumps({**fields, **secrets}))
        caller.stdin.close()
        deadline = time.monotonic() + 30
        while not processes(f"sleep {number}"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        caller.kill()
    wait_until_gone(f"sleep {number}")
    deadline = time.monotonic() + 10
    while list((tmp_path / "run").iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_cannot_start_is_a_clear_error(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no playbook"):
        machine.inventory("no/such.yml").run(tmp_path / "run", silent)
    broken = write_playbook(tmp_path, [{"name": "Odd", "no_such_module": {}}])
    with pytest.raises(RecoveryError, match="no_such_module"):
        machine.inventory(broken).run(tmp_path / "run", silent)


def test_settings_of_the_caller_do_not_reach_ansible(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_HOST_KEY_CHECKING", "False")
    monkeypatch.setenv("ANSIBLE_CHECK_MODE_MARKERS", "True")
    monkeypatch.setenv("SOME_TOKEN", SECRET)
    tasks = [{"name": "Look", "ansible.builtin.assert": {"that": "lookup('env', 'SOME_TOKEN') == ''", "quiet": True}}]
    assert isinstance(machine.inventory(write_playbook(tmp_path, tasks)), AnsibleInventory)
    assert machine.inventory(write_playbook(tmp_path, tasks)).run(tmp_path / "run", silent).ok
