"""What every block has that runs Ansible: the machines, how to log in to them, and one way to run a playbook."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, SecretStr

from blocks.inventories.child import run_child
from blocks.inventories.events import Story
from blocks.inventories.kind import Log, PlayResult
from blocks.inventories.run_folder import RunFolder
from recovery.errors import Missing
from recovery.secrets import Scrubber

# Relative paths start here: the folder that holds the blocks package.
PROJECT = Path(__file__).resolve().parents[2]


class AnsibleAccess(BaseModel):
    """The fields. Put it before the block's own kind among the bases.

    Host keys are always checked. Secrets are handed over in files that only this user can read and that are removed
    when the run ends, however it ends.
    """

    hosts: dict[str, dict[str, Any]] = Field(
        default={}, description="Host to its variables, such as ansible_host, ansible_port, ansible_user."
    )
    inventory: str = Field(
        default="", title="Inventory file", description="An inventory file or folder to use in the place of hosts."
    )
    variables: dict[str, Any] = Field(default={}, description="Variables for every host that are no secrets.")
    secret_variables: dict[str, SecretStr] = Field(
        default={}, title="Secret variables", description="Secret variables for every host."
    )
    ssh_private_key: SecretStr | None = Field(
        default=None, title="SSH private key", description="In OpenSSH's format. Without it the user's own keys count."
    )
    known_hosts: str = Field(
        default="", title="Known hosts", description="Lines of a known_hosts file. Without it the user's own counts."
    )
    roles_path: str = Field(
        default="", title="Roles folder", description="Where roles are found beside those next to the playbook."
    )
    environment: dict[str, str] = Field(default={}, description="Environment variables for Ansible. No secrets.")
    timeout_seconds: float = Field(default=900, gt=0, title="Time-out", description="Seconds for the whole playbook.")
    connect_seconds: int = Field(default=10, gt=0, title="Connect time-out", description="Seconds to reach a host.")

    def play(self, name: str, folder: Path, log: Log, check: bool = False) -> PlayResult:
        """Runs one playbook.

        Args:
            name: the playbook's file, absolute or relative to the project.
            folder: a private folder for this run; secrets in it are removed afterwards.
            log: takes each line as it happens.
            check: only say what would change.

        Raises:
            Missing: there is no such file.
            Unreachable, Refused, RecoveryError: see `Inventory.run`.
        """
        playbook = PROJECT / name
        if not playbook.is_file():
            raise Missing(f"There is no playbook {playbook}.", remedy="Correct the block's playbook.")
        scrubber = Scrubber()
        scrubber.learn_model(self)
        story = Story(log, scrubber.clean)
        with RunFolder(folder) as place:
            order = {
                "folder": str(place.folder),
                "connections": str(place.connections),
                "playbook": str(playbook),
                "inventory": self._inventory(place),
                "arguments": place.arguments(self._variables(), check),
                "seconds": self.timeout_seconds,
            }
            run_child(order, self._environment(place), story.take, self.timeout_seconds)
        return story.result(name, self.timeout_seconds)

    def _inventory(self, place: RunFolder) -> str:
        if self.inventory:
            return str(PROJECT / self.inventory)
        return place.write("hosts.json", {"all": {"hosts": self.hosts}})

    def _variables(self) -> dict[str, Any]:
        secrets = {name: value.get_secret_value() for name, value in self.secret_variables.items()}
        return {**self.variables, **secrets}

    def _environment(self, place: RunFolder) -> dict[str, str]:
        key = self.ssh_private_key.get_secret_value() if self.ssh_private_key else ""
        return {
            **place.environment(key, self.known_hosts),
            "ANSIBLE_TIMEOUT": str(self.connect_seconds),
            **({"ANSIBLE_ROLES_PATH": str(PROJECT / self.roles_path)} if self.roles_path else {}),
            **self.environment,
        }
