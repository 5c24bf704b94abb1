"""What the standby site is made of: the machine that Ansible logs in to, and the modules that build it."""

import getpass
import shutil
import sys
from typing import Any

from blocks.workspaces.programs import describe
from demo.process_tree import MARK
from demo.ssh_keys import make_ssh_keys
from demo.world import World
from demo.world_state import WorldState
from recovery.places import ROOT

ACCOUNT = "123456789012"  # moto's


def start_ssh(world: World) -> None:
    """The SSH server of the standby's machine; left out where this machine has no `ssh` to log in with."""
    state = world.state
    keys = make_ssh_keys(state.folder / "standby" / "ssh")
    argv = [sys.executable, "-m", "demo.ssh_server", "--address", state.standby_ssh.address]
    argv += ["--port", str(state.standby_ssh.port), "--host-key", str(keys.host_key)]
    if shutil.which("ssh"):
        world.add("standby-ssh", [*argv, "--authorized-keys", str(keys.authorized_keys)])


def terraform_workspace(state: WorldState) -> dict[str, Any]:
    """The real AWS provider where it can be had; else the same module made of built-in resources."""
    has_provider = describe().providers.can_provide("hashicorp/aws")
    module = "infra/terraform/standby" if has_provider else "infra/terraform/standby-builtin"
    backend = {"bucket": state.aws.state_bucket, "key": "shop/standby.tfstate", "region": state.aws.standby_region}
    region = {"AWS_REGION": state.aws.standby_region, "AWS_DEFAULT_REGION": state.aws.standby_region}
    return {
        "module": module,
        "variables": {
            "account_id": ACCOUNT,
            "application": "shop",
            "region": state.aws.standby_region,
            "address": state.addresses.standby,
            "port": state.shop_port,
            "database_address": f"{state.standby.address}:{state.standby.port}",
        },
        "secret_variables": {"database_password": state.standby.shop_password.get_secret_value()},
        "backend_config": {**backend, "use_lockfile": True}
        if has_provider
        else {"path": str(state.folder / "standby" / "standby.tfstate")},
        "environment": {
            **region,
            "AWS_ENDPOINT_URL": state.aws.endpoint.url,
            "AWS_ACCESS_KEY_ID": state.aws.access_key,
        },
        "secret_environment": {"AWS_SECRET_ACCESS_KEY": state.aws.secret_key.get_secret_value()},
    }


def ansible_inventory(state: WorldState, python: str) -> dict[str, Any]:
    """The standby's machine, by SSH with its host key known; without `ssh` here, the machine itself."""
    database = state.standby.libpq()
    keys = make_ssh_keys(state.folder / "standby" / "ssh")
    ssh = state.standby_ssh
    host = {
        "ansible_host": ssh.address,
        "ansible_port": ssh.port,
        "ansible_user": getpass.getuser(),
        "ansible_python_interpreter": python,
    }
    by_ssh = shutil.which("ssh") is not None
    return {
        "playbook": "infra/ansible/standby.yml",
        "hosts": {"standby": host if by_ssh else {**host, "ansible_connection": "local"}},
        "variables": {
            "shop_python": python,
            "shop_module_path": str(ROOT),
            "shop_folder": str(state.folder / "standby" / "shop"),
            "shop_uploads": str(state.standby_uploads),
            "shop_address": state.addresses.standby,
            "shop_port": state.shop_port,
            "shop_site": "standby",
            "shop_environment": {MARK: str(state.folder)},  # so that it is found, and stopped, with the world
            "shop_database": {name: database[name] for name in ("host", "port", "dbname", "user")},
        },
        "secret_variables": {"shop_database_password": database["password"]},
        "ssh_private_key": keys.client_key.read_text() if by_ssh else None,
        "known_hosts": keys.known_hosts(ssh.address, ssh.port) if by_ssh else "",
        "timeout_seconds": 120,
    }
