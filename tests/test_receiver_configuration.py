"""The receiver's configuration: what is wrong is said with its line, and a secret in it is never repeated."""

import asyncio
from pathlib import Path

import pytest
from receiver_fixtures import SECRET, configuration

from doors.receiver.secrets import fetch_secrets
from recovery.alerts.configuration import ReceiverConfiguration
from recovery.alerts.configuration_file import read_configuration
from recovery.errors import Missing, RecoveryError, Refused

WHOLE = """\
port: 0
endpoints:
  prometheus:
    format: alertmanager
    authentication: {kind: bearer, secret: "env:TOKEN"}
    applications: [shop]
"""


def read(folder: Path, text: str) -> ReceiverConfiguration:
    path = folder / "receiver.yaml"
    path.write_text(text)
    return read_configuration(path, {})


def test_a_whole_one(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE).endpoints["prometheus"].authentication.kind == "bearer"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("port: 0", "port: many", "receiver.yaml:1: port"),
        ("port: 0", "listen: 0.0.0.0", "secrets would go over the network in clear"),
        ("port: 0", "certificate: /a.pem", "certificate and key go together"),
        ("port: 0", "port: ${NOWHERE}", "environment variable NOWHERE is not set"),
        ("port: 0", "prot: 0", "receiver.yaml:1: prot"),
        ("env:TOKEN", SECRET, "receiver.yaml:5: endpoints.prometheus.authentication.secret: a secret's place is"),
        ("alertmanager", "json", "the format json needs a mapping"),
        ("alertmanager", "cloudwatch", "cloudwatch is authenticated by kind: sns"),
        ("alertmanager", "pigeon", "receiver.yaml:4"),
        ("[shop]", "[]", "receiver.yaml:6"),
        ("[shop]", "[shop]\n    application: bank", "application is not one of applications"),
        ("format: alertmanager\n    authentication: {kind: bearer", "format: kibana\n    authentication: {kind: hmac",
         "hmac needs a timestamp_header"),
        ("port: 0", "port: [", "not YAML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(RecoveryError) as caught:
        read(tmp_path, WHOLE.replace(old, new))
    assert says in str(caught.value)
    assert SECRET not in str(caught.value)


def fetch(place: str) -> dict[str, bytes]:
    endpoint = configuration().endpoints["prometheus"]
    rules = endpoint.authentication.model_copy(update={"secret": place})
    changed = endpoint.model_copy(update={"authentication": rules})
    return asyncio.run(fetch_secrets(configuration(endpoints={"prometheus": changed})))


def test_secrets_come_from_files_and_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o600)
    monkeypatch.setenv("TOKEN", SECRET)
    assert fetch(f"file:{file}") == fetch("env:TOKEN") == {"prometheus": SECRET.encode()}


def test_secrets_that_others_could_know_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text(SECRET)
    file.chmod(0o644)
    monkeypatch.setenv("SHORT", "hunter22")
    with pytest.raises(Refused, match="can be read by other users"):
        fetch(f"file:{file}")
    with pytest.raises(Refused, match="fewer than 16 bytes") as caught:
        fetch("env:SHORT")
    assert "hunter22" not in str(caught.value)
    for place in ("env:NOT_THERE", f"file:{tmp_path}/none"):
        with pytest.raises(Missing, match="endpoint prometheus"):
            fetch(place)
