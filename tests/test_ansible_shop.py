"""The standby's playbook: configures and starts the shop, twice does no more than once, and restarts when it must."""

import json
import shutil
import stat
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest
from ansible_fixtures import SECRET, Machine, machine, shop_variables
from pydantic import SecretStr

from blocks.inventories.ansible import AnsibleInventory
from recovery.errors import RecoveryError

__all__ = ["machine", "shop_variables"]
pytestmark = pytest.mark.slow
PLAYBOOK = "infra/ansible/standby.yml"


def silent(line: str) -> None:
    pass


def inventory_of(machine: Machine, variables: dict[str, Any], connection: str = "ssh") -> AnsibleInventory:
    if connection == "ssh" and shutil.which("ssh") is None:
        pytest.skip("there is no OpenSSH client on this machine")
    return machine.inventory(
        PLAYBOOK,
        hosts={"standby": machine.host(ansible_connection=connection)},
        variables=variables,
        secret_variables={"shop_database_password": SecretStr(SECRET)},
    )


def site_of(variables: dict[str, Any]) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{variables['shop_port']}/health", timeout=5) as answer:
        site: str = json.load(answer)["site"]
        return site


@pytest.mark.parametrize("connection", ["ssh", "local"])
def test_the_shop_is_configured_and_started_once(
    machine: Machine, shop_variables: dict[str, Any], tmp_path: Path, connection: str
) -> None:
    inventory = inventory_of(machine, shop_variables, connection)
    lines: list[str] = []
    first = inventory.run(tmp_path / "run", lines.append)
    assert first.hosts["standby"]["changed"] == 3
    assert site_of(shop_variables) == "standby"
    config = tmp_path / "shop" / "shop.json"
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert json.loads(config.read_text()) == {
        "site": "standby",
        "address": "127.0.0.1",
        "port": shop_variables["shop_port"],
        "database": {**shop_variables["shop_database"], "password": SECRET},
        "uploads": str(tmp_path / "shop" / "uploads"),
        "pid_file": str(tmp_path / "shop" / "shop.pid"),
    }
    pid = (tmp_path / "shop" / "shop.pid").read_text()
    second = inventory.run(tmp_path / "run", lines.append)
    assert second.ok
    assert second.changed == 0
    assert (tmp_path / "shop" / "shop.pid").read_text() == pid
    assert SECRET not in "\n".join(lines)
    assert not list((tmp_path / "run").iterdir())


def test_a_changed_configuration_restarts_it(machine: Machine, shop_variables: dict[str, Any], tmp_path: Path) -> None:
    inventory_of(machine, shop_variables).run(tmp_path / "run", silent)
    pid = int((tmp_path / "shop" / "shop.pid").read_text())
    other = {**shop_variables, "shop_site": "elsewhere"}
    assert inventory_of(machine, other).run(tmp_path / "run", silent).changed == 2
    assert site_of(shop_variables) == "elsewhere"
    assert int((tmp_path / "shop" / "shop.pid").read_text()) != pid
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_check_changes_nothing(machine: Machine, shop_variables: dict[str, Any], tmp_path: Path) -> None:
    result = inventory_of(machine, shop_variables).run(tmp_path / "run", silent, check=True)
    assert result.changed >= 2
    assert not (tmp_path / "shop").exists()


def test_a_shop_that_ends_at_once_says_why(machine: Machine, shop_variables: dict[str, Any], tmp_path: Path) -> None:
    broken = {**shop_variables, "shop_module": "standin.nothing"}
    with pytest.raises(RecoveryError, match=r"Start the shop.*exit code 1.*No module named standin\.nothing"):
        inventory_of(machine, broken).run(tmp_path / "run", silent)
    inventory_of(machine, shop_variables).run(tmp_path / "run", silent)
    assert site_of(shop_variables) == "standby"


def test_a_missing_variable_is_named(machine: Machine, shop_variables: dict[str, Any], tmp_path: Path) -> None:
    without = {**shop_variables, "shop_database": {"host": "127.0.0.2", "port": 5432, "user": "shop"}}
    with pytest.raises(RecoveryError, match="dbname"):
        inventory_of(machine, without).run(tmp_path / "run", silent)
    assert not (tmp_path / "shop").exists()
