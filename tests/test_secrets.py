"""Secrets that are rotated: a role of a real PostgreSQL with its password in moto's Secrets Manager, and by Ansible."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_fixtures import KEYS, client, moto_url
from server_fixtures import Cluster, cluster

from blocks.secrets.amazon_versions import SecretVersions
from blocks.secrets.playbook import PlaybookSecret
from blocks.secrets.postgresql_role import PostgresRoleSecret
from recovery.errors import RecoveryError, Unreachable

__all__ = ["moto_url"]
pytestmark = pytest.mark.slow
INCIDENT = "shop-ransomware-20261124T120000Z-abcd"
OLD = "of the old site: 0815"


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as own:
        yield own


class Role:
    """A role with a password, and the secret that holds it."""

    def __init__(self, server: Cluster, url: str, name: str, text: str | None) -> None:
        self.server, self.url, self.name = server, url, name
        server.run("postgres", f"create role {name} login password '{OLD}'")
        words = {"SecretString": text} if text else {}
        client("secretsmanager", url).create_secret(Name=name, **words)

    def block(self, **fields: Any) -> PostgresRoleSecret:
        usual = {
            **KEYS,
            "region": "us-east-1",
            "endpoint_url": self.url,
            "secret_id": self.name,
            "host": "127.0.0.1",
            "port": self.server.port,
            "role": self.name,
            "admin_password": Cluster.password,
        }
        return PostgresRoleSecret(**{**usual, **fields})

    @property
    def current(self) -> str:
        """By its stage, which is what AWS takes where none is named; moto takes the first version then."""
        asked = {"SecretId": self.name, "VersionStage": "AWSCURRENT"}
        return str(client("secretsmanager", self.url).get_secret_value(**asked)["SecretString"])


def test_the_new_one_counts_and_the_old_one_is_refused_however_often_it_is_called(
    server: Cluster, moto_url: str
) -> None:
    role = Role(server, moto_url, "plain", OLD)
    block = role.block()
    block.rotate(INCIDENT)
    first = role.current
    assert len(first) > 40
    proof = block.prove(INCIDENT)
    assert proof.proved
    said = ("Secrets Manager hands out the new version", "the new password lets in", "the old password is refused")
    assert proof.evidence == said
    role.block().rotate(INCIDENT)
    assert role.current == first
    assert role.block().prove(INCIDENT).proved
    role.block().rotate("another incident")
    assert role.current != first


def test_what_else_the_secret_holds_is_kept(server: Cluster, moto_url: str) -> None:
    role = Role(server, moto_url, "document", json.dumps({"username": "document", "password": OLD}))
    role.block().rotate(INCIDENT)
    kept = json.loads(role.current)
    assert kept["username"] == "document"
    assert kept["password"] != OLD
    assert role.block().prove(INCIDENT).proved


def test_cut_off_before_the_server_took_it_the_same_one_is_taken_up_again(server: Cluster, moto_url: str) -> None:
    role = Role(server, moto_url, "cut_off", OLD)
    with pytest.raises(RecoveryError, match="could not be changed"):
        role.block(admin_password="wrong").rotate(INCIDENT)
    assert role.current == OLD
    pending = SecretVersions(role.block(), role.name, INCIDENT).new()
    assert pending
    proof = role.block().prove(INCIDENT)
    assert not proof.proved
    assert "Secrets Manager hands out another version" in proof.evidence
    assert "the old password STILL lets in" in proof.evidence
    role.block().rotate(INCIDENT)
    assert role.current == pending


def test_what_cannot_be_reached_is_said_and_nothing_of_a_secret_with_it(moto_url: str, server: Cluster) -> None:
    role = Role(server, moto_url, "gone", OLD)
    block = role.block(port=1, database_timeout_seconds=2)
    with pytest.raises(Unreachable) as raised:
        block.rotate(INCIDENT)
    pending = SecretVersions(block, role.name, INCIDENT).new()
    assert pending
    proof = block.prove(INCIDENT)
    assert not proof.proved
    for text in (str(raised.value), proof.sentence, repr(raised.value.__cause__), repr(block)):
        assert pending not in text
        assert Cluster.password not in text


def test_without_an_old_one_nobody_can_say_that_it_is_refused(moto_url: str, server: Cluster) -> None:
    role = Role(server, moto_url, "first", None)
    role.block().rotate(INCIDENT)
    proof = role.block().prove(INCIDENT)
    assert not proof.proved
    assert "whether it is refused is not known" in proof.sentence


def test_the_server_hears_no_password(moto_url: str, server: Cluster) -> None:
    role = Role(server, moto_url, "silent", OLD)
    server.run("postgres", "alter system set log_statement = 'all'", "select pg_reload_conf()")
    role.block().rotate(INCIDENT)
    [(stored,)] = server.run("postgres", "select rolpassword from pg_authid where rolname = 'silent'")
    assert str(stored).startswith("SCRAM-SHA-256$")
    assert role.block().prove(INCIDENT).proved


def test_a_document_without_a_password_is_refused(moto_url: str, server: Cluster) -> None:
    role = Role(server, moto_url, "odd", json.dumps({"token": "x"}))
    role.block().rotate(INCIDENT)  # the new one has a password
    proof = role.block().prove(INCIDENT)
    assert not proof.proved
    assert "a JSON object without a password" in proof.sentence


LOCAL = {"here": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}


def playbook(folder: Path, name: str, *tasks: dict[str, Any]) -> str:
    path = folder / f"{name}.yml"
    path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [*tasks]}]))
    return str(path)


def test_a_playbook_rotates_and_another_proves_it(tmp_path: Path) -> None:
    key = tmp_path / "key"
    block = PlaybookSecret(
        hosts=LOCAL,
        rotate_playbook=playbook(
            tmp_path, "rotate", {"ansible.builtin.copy": {"content": "{{ lifeboat_incident }}", "dest": str(key)}}
        ),
        prove_playbook=playbook(
            tmp_path,
            "prove",
            {
                "ansible.builtin.command": f"grep -qx {INCIDENT} {key}",
                "changed_when": False,
            },
        ),
    )
    assert not block.prove(INCIDENT).proved
    block.rotate(INCIDENT)
    proof = block.prove(INCIDENT)
    assert proof.proved
    assert "0 tasks changed" in proof.sentence
