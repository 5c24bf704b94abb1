"""etcd behind passwords and certificates."""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificate import certificate
from etcd_place import EtcdPlace, etcd_programs, healthy, put, serving
from pydantic import SecretStr
from server_fixtures import free_ports, running, wait_until
from source_contract import archived

from blocks.sources.etcd import EtcdSource
from blocks.sources.etcd_client import EtcdClient
from recovery.content import prove
from recovery.errors import RecoveryError, Unreachable

PAGE = Path(__file__).parent.parent / "docs" / "etcd.md"
PASSWORD = "not to be shown"


def turn_on(client: EtcdClient) -> None:
    """Turns authentication on."""
    client.call("auth/user/add", name="root", password=PASSWORD)
    client.call("auth/role/add", name="root")
    client.call("auth/user/grant", user="root", role="root")
    client.call("auth/enable")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[EtcdPlace]:
    with serving(tmp_path / "source") as (endpoint, process):
        place = EtcdPlace(tmp_path, endpoint, process)
        with place.connected() as client:
            put(client, b"key", b"value")
        yield place


@pytest.mark.slow
def test_where_authentication_is_on(place: EtcdPlace, tmp_path: Path) -> None:
    with place.connected() as client:
        turn_on(client)
    with pytest.raises(RecoveryError, match="refused"), place.source.read() as reading:
        reading.stream.read()
    wrong = place.source.model_copy(update={"user": "root", "password": SecretStr("wrong")})
    with pytest.raises(RecoveryError, match="authentication failed"):
        wrong.read()
    rights = {"user": "root", "password": SecretStr(PASSWORD)}
    expected = archived(place.source.model_copy(update=rights), tmp_path / "archive")
    target = place.target.model_copy(update=rights)
    target.restore(tmp_path / "archive")
    assert prove(expected, target.content(staged=True)).equal
    assert expected.traits["authentication"] == "on"
    with pytest.raises(RecoveryError):
        place.target.content(staged=True)


@pytest.mark.slow
def test_a_token_that_is_no_longer_known_is_renewed(place: EtcdPlace) -> None:
    with place.connected() as client:
        turn_on(client)
        client.log_in("root", PASSWORD)
        client._http.headers["Authorization"] = "worn.1"
        assert client.authentication()
        assert client.call("auth/user/list")["users"] == ["root"]


@pytest.mark.slow
def test_the_page_restores_a_cluster_of_two(place: EtcdPlace, tmp_path: Path) -> None:
    """docs/etcd.md, as it stands there."""
    expected = archived(place.source, tmp_path / "archive")
    [script] = re.findall(r"```bash\n(.*?)```", PAGE.read_text(), re.DOTALL)
    peers = dict(zip(("one", "two"), (f"http://127.0.0.1:{port}" for port in free_ports(2)), strict=True))
    together = ",".join(f"{name}={url}" for name, url in peers.items())
    with contextlib.ExitStack() as stack:
        for name, peer in peers.items():
            words = {"ARCHIVE": tmp_path / "archive", "DATA": tmp_path / name, "MEMBER": name, "PEER_URL": peer}
            told = os.environ | {key: str(word) for key, word in words.items()}
            told |= {"ALL_MEMBERS": together, "TOKEN": "anew"}
            subprocess.run(["bash", "-euc", script], env=told, check=True, capture_output=True, timeout=60)
        client = f"http://127.0.0.1:{free_ports(1)[0]}"
        for name, peer in peers.items():
            command = [f"{place.programs}/etcd", f"--name={name}", f"--data-dir={tmp_path / name}"]
            command += [f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"]
            command += [f"--initial-cluster={together}", "--unsafe-no-fsync", "--log-level=fatal"]
            at = client if name == "one" else f"unix://{name}:0"
            command += [f"--listen-client-urls={at}", f"--advertise-client-urls={at}"]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
            stack.enter_context(running(command, signal.SIGKILL, **quiet))
        wait_until(lambda: healthy(client), 60, "the start of a cluster of two")
        restored = place.source.model_copy(update={"endpoint": client, "timeout_seconds": 30})
        assert prove(expected, restored.content(staged=False)).equal
        assert restored.content(staged=False).origin != expected.origin


@pytest.mark.slow
def test_over_tls_with_a_certificate_of_ours(tmp_path: Path) -> None:
    keys = certificate(tmp_path)
    with serving(tmp_path / "source", keys) as (endpoint, _):
        files = {"key_file": str(keys[0]), "certificate_file": str(keys[1]), "ca_file": str(keys[1])}
        source = EtcdSource(endpoint=endpoint, programs=etcd_programs(), **files)
        expected = archived(source, tmp_path / "archive")
        assert expected.traits["authentication"] == "off"
        for unknown in ({"certificate_file": None}, {"ca_file": None}):
            with pytest.raises(Unreachable):
                source.model_copy(update=unknown).read()


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    source = EtcdSource(endpoint="https://127.0.0.1:9", ca_file=str(tmp_path / "ca"))
    with pytest.raises(RecoveryError, match="certificate"):
        source.read()
