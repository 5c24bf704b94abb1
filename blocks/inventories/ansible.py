"""Ansible for the standby's machines."""

from pathlib import Path

from pydantic import Field

from blocks.inventories.access import PROJECT, AnsibleAccess
from blocks.inventories.kind import Inventory, Log, PlayResult

__all__ = ["PROJECT", "AnsibleInventory"]


class AnsibleInventory(AnsibleAccess, Inventory):
    """Machines, how to log in to them, and the playbook that makes them the standby."""

    _block_type_name = "Ansible inventory"
    _block_type_slug = "ansible-inventory"
    _description = "The standby's machines and the Ansible playbook that configures and starts the application."

    playbook: str = Field(description="The playbook's file, absolute or relative to the project.")

    def run(self, folder: Path, log: Log, check: bool = False) -> PlayResult:
        return self.play(self.playbook, folder, log, check)
