"""The files under deploy/ are sound: each is read by what will read it, or by that program's own rules."""

import json
import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import botocore.session  # type: ignore[import-untyped]
import pytest
from botocore.validate import ParamValidator  # type: ignore[import-untyped]
from certificate import certificate
from prefect.settings import Settings
from prefect.settings.legacy import _get_settings_fields
from ruamel.yaml import YAML

from recovery.places import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
OTHERS = {"DO_NOT_TRACK", "HOME", "GX_ANALYTICS_ENABLED", "LIFEBOAT_PLANS", "LIFEBOAT_HOME", "LIFEBOAT_BLOCKS"}


def variables(text: str) -> dict[str, str]:
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    return dict(line.split("=", 1) for line in lines if re.match(r"^[A-Z_]+=", line))


def known_settings() -> set[str]:
    """Every environment variable that Prefect and its Redis package read."""
    from prefect_redis.client import RedisMessagingSettings

    found = set(_get_settings_fields(Settings))
    redis = {f"PREFECT_REDIS_MESSAGING_{name.upper()}" for name in RedisMessagingSettings.model_fields}
    # The last two are read from the environment where they are used.
    return found | redis | {"PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY", "PREFECT_SERVER_ENCRYPTION_KEY"}


def compose() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(DEPLOY / "compose" / "compose.yaml")
    return found


def task(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / "ecs" / f"{name}.json").read_text())
    return found


@pytest.mark.parametrize("name", ["server", "runner"])
def test_every_variable_is_one_that_somebody_reads(name: str) -> None:
    wanted = variables((DEPLOY / f"{name}.env.example").read_text())
    assert wanted.keys() - known_settings() - OTHERS == set()
    assert wanted


@pytest.mark.parametrize("name", ["server", "runner"])
def test_containers_are_told_the_same_as_machines(name: str) -> None:
    """What a machine gets from its file, the task definition gives as a variable or a secret."""
    wanted = set(variables((DEPLOY / f"{name}.env.example").read_text()))
    container = task(name)["containerDefinitions"][0]
    given = {each["name"] for each in (*container["environment"], *container["secrets"])}
    left_to_machines = {"PREFECT_API_SSL_CERT_FILE", "LIFEBOAT_BLOCKS"}
    assert wanted - given <= left_to_machines
    secret = {each["name"] for each in container["secrets"]}
    assert not secret & {each["name"] for each in container["environment"]}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze of Debian's systemd is not here")
def test_systemd_takes_every_unit(tmp_path: Path) -> None:
    programs = {
        f"/opt/lifeboat/.venv/bin/{name}": shutil.which("true") or "/bin/true" for name in ("prefect", "lifeboat")
    }
    for unit in UNITS:
        text = unit.read_text()
        for program, stand_in in programs.items():  # it looks whether the program is there
            text = text.replace(program, stand_in)
        (tmp_path / unit.name.replace("@.", "@shop.")).write_text(text)
    units = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, timeout=60, check=False
    )
    mine = [line for line in done.stderr.splitlines() if "lifeboat" in line]
    assert mine == []
    assert done.returncode == 0


@pytest.mark.parametrize("unit", UNITS, ids=[unit.name for unit in UNITS])
def test_services_run_as_their_own_user_and_may_write_only_their_own_folder(unit: Path) -> None:
    if unit.suffix == ".service":
        text = unit.read_text()
        for line in ("User=lifeboat", "ProtectSystem=strict", "NoNewPrivileges=true", "UMask=0077"):
            assert line in text


@pytest.mark.skipif(not shutil.which("haproxy"), reason="haproxy of Debian's package haproxy is not here")
def test_haproxy_takes_its_file(tmp_path: Path) -> None:
    key, signed = certificate(tmp_path)
    both = tmp_path / "both.pem"
    both.write_bytes(signed.read_bytes() + key.read_bytes())
    servers = {"LIFEBOAT_SERVER_1": "127.0.0.1:1", "LIFEBOAT_SERVER_2": "127.0.0.1:2"}
    done = subprocess.run(
        ["haproxy", "-c", "-f", str(DEPLOY / "haproxy.cfg")],
        env={**os.environ, **servers, "LIFEBOAT_LISTEN": "127.0.0.1:3", "LIFEBOAT_TLS": str(both)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["server", "runner", "database-upgrade"])
def test_ecs_takes_every_task_definition(name: str) -> None:
    """By the rules of the AWS API's own description."""
    model = botocore.session.get_session().get_service_model("ecs").operation_model("RegisterTaskDefinition")
    report = ParamValidator().validate(task(name), model.input_shape)
    assert not report.has_errors(), report.generate_report()


@pytest.mark.skipif(find_spec("kubernetes_validate") is None, reason="PyPI's kubernetes-validate is not here")
def test_kubernetes_takes_every_manifest() -> None:
    import kubernetes_validate

    manifests = list(YAML(typ="safe").load_all(DEPLOY / "kubernetes" / "lifeboat.yaml"))
    assert {each["kind"] for each in manifests} >= {"Job", "Deployment", "StatefulSet", "Service", "Ingress"}
    for each in manifests:
        kubernetes_validate.validate(each, "1.30", strict=True)
        pod = each["spec"].get("template", {}).get("spec", {})
        assert all(one["image"] == "lifeboat:0.1.0" for one in pod.get("containers", []))


def test_compose_names_nothing_that_is_not_there() -> None:
    file = compose()
    services = file["services"]
    for each in services.values():
        assert set(each.get("depends_on", {})) <= set(services)
        assert set(each.get("secrets", [])) <= set(file["secrets"])
        named = {volume.partition(":")[0] for volume in each.get("volumes", []) if not volume.startswith(".")}
        assert named <= set(file["volumes"])
        for name, how in each.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or "healthcheck" in services[name]
    proxied = services["proxy"]["environment"]
    assert {proxied["LIFEBOAT_SERVER_1"], proxied["LIFEBOAT_SERVER_2"]} == {"server-1:4200", "server-2:4200"}
    assert (DEPLOY / "compose" / services["proxy"]["volumes"][0].partition(":")[0]).exists()
    commands = [" ".join(each.get("command", [])) for each in services.values()]
    assert sum(command.startswith("prefect server start") for command in commands) == 2
    assert sum(command == "lifeboat runner" for command in commands) == 2


def test_every_way_starts_the_same_programs() -> None:
    server = "prefect server start --host 0.0.0.0 --port 4200"
    assert f".venv/bin/{server}\n" in (DEPLOY / "systemd" / "lifeboat-server.service").read_text()
    assert " ".join(compose()["services"]["server-1"]["command"]) == server
    assert " ".join(task("server")["containerDefinitions"][0]["command"]) == server
    pods = YAML(typ="safe").load_all(DEPLOY / "kubernetes" / "lifeboat.yaml")
    [deployed] = [each for each in pods if each["kind"] == "Deployment"]
    assert " ".join(deployed["spec"]["template"]["spec"]["containers"][0]["args"]) == server
