"""What the demo's plan lacks for a failback: the primary's own Terraform, Ansible, and a drain of the standby."""

import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from theatre import ROOT, Theatre

from demo.drill_place import drain_document

DRAIN = "postgresql-drain/shop-standby"
# The primary's shop runs under the world's own hand, so that its playbook only has to see that it is there.
SEES = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.wait_for: {host: "{{ address }}", port: "{{ port }}", timeout: 30}
"""


def plan_of_shop() -> Any:
    """The demo's plan, to be changed."""
    return YAML().load((ROOT / "plans" / "shop.yaml").read_text())


def write_plan(folder: Path, plan: Any) -> None:
    """Into a folder of plans, by its application's name."""
    YAML().dump(plan, folder / f"{plan['application']}.yaml")


def add_way_back(theatre: Theatre, folder: Path, plan: Any) -> None:
    """Adds it to the plan, and the blocks to the theatre's documents."""
    state, documents = theatre.world.state, theatre.documents
    (folder / "sees.yml").write_text(SEES)
    documents[DRAIN] = drain_document(state.standby)
    there = documents["terraform-workspace/shop-standby"]
    documents["terraform-workspace/shop-primary"] = {
        **there,
        "variables": {**there["variables"], "address": state.addresses.primary},
        "backend_config": {"path": str(folder / "primary.tfstate")},
    }
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    documents["ansible-inventory/shop-primary"] = {
        "playbook": str(folder / "sees.yml"),
        "hosts": {"primary": here},
        "variables": {"address": state.addresses.primary, "port": state.shop_port},
    }
    plan["failback"] = {
        "infrastructure": {"workspace": "terraform-workspace/shop-primary", "state_region": "eu-west-1"},
        "configuration": {"inventory": "ansible-inventory/shop-primary"},
        "fence": DRAIN,
        "drain": DRAIN,
    }
