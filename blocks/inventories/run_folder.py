"""The private folder of one Ansible run, and the environment that makes Ansible use nothing but it."""

import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

# The rest of the environment stays behind: it may hold secrets, and ANSIBLE_ variables steer a run unseen.
_KEPT = ("HOME", "LOGNAME", "USER", "SHELL", "TMPDIR", "TZ", "LANG", "LC_ALL", "SSH_AUTH_SOCK")


class RunFolder:
    """Made for this user only, and removed with all that is in it: ansible-runner leaves secrets in its artifacts."""

    def __init__(self, parent: Path) -> None:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = Path(tempfile.mkdtemp(prefix="ansible-", dir=parent.resolve()))
        # The path of a socket must be short, which `parent` may not be.
        self.connections = Path(tempfile.mkdtemp(prefix="ssh-"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.connections, ignore_errors=True)

    def write(self, name: str, content: str | Mapping[str, Any]) -> str:
        """Writes a file for this user only, and returns its path."""
        path = self.folder / name
        text = content if isinstance(content, str) else json.dumps(content)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        return str(path)

    def arguments(self, variables: Mapping[str, Any], check: bool) -> str:
        """What is added to ansible-playbook's command line. Variables go by file: a command line can be seen by all."""
        given = ["-e", f"@{self.write('variables.json', variables)}"]
        return shlex.join([*given, "--check"] if check else given)

    def environment(self, private_key: str, known_hosts: str) -> dict[str, str]:
        """The whole environment of Ansible.

        Args:
            private_key: an SSH private key, or nothing for the user's own.
            known_hosts: lines of a known_hosts file, or nothing for the user's own.
        """
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        if "UTF-8" not in (kept.get("LC_ALL") or kept.get("LANG", "")).upper():
            kept["LC_ALL"] = "C.UTF-8"  # Ansible starts with no other encoding
        # The ansible-playbook beside this Python, not another one that comes first.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        ssh = ["-C", "-o", "ControlMaster=auto", "-o", "ControlPersist=15s", "-o", "StrictHostKeyChecking=yes"]
        if known_hosts:
            hosts = self.write("known_hosts", known_hosts.rstrip("\n") + "\n")
            ssh += ["-o", f'UserKnownHostsFile="{hosts}"', "-o", "GlobalKnownHostsFile=/dev/null"]
        made = {
            "PATH": path,
            "PYTHONUNBUFFERED": "1",
            "ANSIBLE_CONFIG": self.write("ansible.cfg", "[defaults]\n"),
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "temporary"),
            # ansible-runner switches this off unless it is set.
            "ANSIBLE_HOST_KEY_CHECKING": "True",
            "ANSIBLE_PIPELINING": "True",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.connections),
        }
        if private_key:
            made["ANSIBLE_PRIVATE_KEY_FILE"] = self.write("ssh_key", private_key.rstrip("\n") + "\n")
            ssh += ["-o", "IdentitiesOnly=yes"]
        made["ANSIBLE_SSH_ARGS"] = shlex.join(ssh)
        return {**kept, **made}
