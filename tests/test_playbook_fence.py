"""The fence of Ansible playbooks: the contract, with real Ansible, on a port that a file shuts."""

import json
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_fixtures import free_port
from fence_contract import FenceContract
from pydantic import ValidationError
from server_fixtures import wait_until
from site_fixtures import Site

from blocks.fences.playbook import PlaybookFence

pytestmark = pytest.mark.slow
LOCAL = {"primary": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}


class Primary:
    """A site that is shut while a file is there, and playbooks that put it there, look at it and take it away."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bolt, self.stuck = folder, folder / "bolt", False
        self.site = Site(lambda: self.stuck or not self.bolt.exists())
        self.book("raise", {"ansible.builtin.copy": {"content": "shut", "dest": str(self.bolt)}})
        self.book("lower", {"ansible.builtin.file": {"path": str(self.bolt), "state": "absent"}})
        self.book("prove", {"ansible.builtin.command": f"test -e {self.bolt}", "changed_when": False})

    def book(self, name: str, task: dict[str, Any]) -> str:
        path = self.folder / f"{name}.yml"
        path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [{"name": name, **task}]}]))
        return str(path)

    def takes_connections(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.site.port)) == 0

    def fence(self, **fields: Any) -> PlaybookFence:
        usual: dict[str, Any] = {
            "hosts": LOCAL,
            "raise_playbook": str(self.folder / "raise.yml"),
            "lower_playbook": str(self.folder / "lower.yml"),
            "endpoints": (f"tcp://127.0.0.1:{self.site.port}",),
            "settle_seconds": 2,
        }
        return PlaybookFence(**usual | fields)

    def with_proof(self, **fields: Any) -> PlaybookFence:
        return self.fence(prove_playbook=str(self.folder / "prove.yml"), **fields)


@pytest.fixture
def primary(tmp_path: Path) -> Iterator[Primary]:
    made = Primary(tmp_path)
    yield made
    made.site.close()


class TestPlaybookFence(FenceContract):
    @pytest.fixture
    def fence(self, primary: Primary) -> PlaybookFence:
        return primary.fence()

    @pytest.fixture
    def rules(self, primary: Primary) -> Callable[[], Any]:
        return primary.bolt.exists

    @pytest.fixture
    def undo_behind(self, primary: Primary) -> Callable[[], None]:
        def act() -> None:
            primary.bolt.unlink()
            wait_until(primary.takes_connections, 20, "the opening of the door")

        return act

    @pytest.fixture
    def keep_open(self, primary: Primary) -> Callable[[], None]:
        def act() -> None:
            primary.stuck = True

        return act

    @pytest.fixture
    def away(self, primary: Primary) -> PlaybookFence:
        there = {"ansible_host": "127.0.0.1", "ansible_port": free_port()}
        return primary.fence(hosts={"primary": there}, connect_seconds=2, known_hosts="# nobody\n")


def test_a_playbook_proves_it_also_for_another_machine(primary: Primary) -> None:
    assert "failed" in primary.with_proof(endpoints=()).prove().evidence[0]
    primary.bolt.touch()
    proof = primary.with_proof().prove()
    assert proof.proved
    assert "ended well on primary, 0 tasks changed" in proof.evidence[0]
    assert not primary.fence().prove().proved  # closed, but this run did not raise it


def test_what_proves_must_change_nothing_and_meet_a_machine(primary: Primary) -> None:
    changing = primary.book("change", {"ansible.builtin.command": "true"})
    nobody = primary.folder / "nobody.yml"
    nobody.write_text(json.dumps([{"hosts": "no_such_group", "tasks": []}]))
    for playbook, words in ((changing, "what proves must change nothing"), (str(nobody), "met no machine")):
        proof = primary.fence(prove_playbook=playbook, endpoints=()).prove()
        assert not proof.proved
        assert words in proof.sentence


def test_a_fence_that_nothing_proves_is_no_fence() -> None:
    with pytest.raises(ValidationError, match="worth what proves it"):
        PlaybookFence(raise_playbook="a.yml", lower_playbook="b.yml")
