"""Running pgBackRest, and reading what it tells. Its secrets are in the environment only."""

import json
import os
from collections.abc import Mapping
from typing import Any

from blocks.snapshots.pgbackrest_label import NAME, Label, read_label
from blocks.snapshots.pgbackrest_verify import problems
from blocks.snapshots.system_user import run_as
from recovery.errors import Missing, RecoveryError, Unreachable

# Of pgBackRest's own exit codes: connections, hosts, protocols, services, and a server that is not there.
_UNREACHABLE = {49, 56, 58, 102, 103}


class PgBackRest:
    """Args:
    config: its configuration file.
    stanza: the cluster's name in it.
    user: the system user to be, where we are root.
    secrets: more settings as environment variables.
    """

    def __init__(self, config: str, stanza: str, user: str, secrets: Mapping[str, str]) -> None:
        self._options = (f"--config={config}", f"--stanza={stanza}", "--log-level-stderr=error")
        self._stanza, self._user = stanza, user
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PGBACKREST", "PG"))}
        self._environment = inherited | {"LC_ALL": "C"} | dict(secrets)

    def run(self, command: str, *arguments: str, seconds: float, console: str = "off") -> str:
        """Runs one command to its end.

        Args:
            seconds: its deadline.
            console: how much of its log is in what is returned.

        Raises:
            RecoveryError: it failed or took too long.
            Unreachable: its repository or its database could not be reached.
        """
        line = ["pgbackrest", *self._options, f"--log-level-console={console}", command, *arguments]
        status, output, errors = run_as(self._user, line, self._environment, seconds)
        if status in _UNREACHABLE:
            raise Unreachable(f"pgBackRest could not reach what it needs for {command}: {_told(errors)}.")
        if status != 0:
            raise RecoveryError(f"pgBackRest failed at {command} (exit status {status}): {_told(errors)}.")
        return output

    def labels(self, seconds: float) -> list[Label]:
        """Every backup in the repository, the newest first."""
        stanza = self._info(seconds)
        trouble = stanza.get("status", {})
        if trouble.get("code", 0) not in (0, 2):  # 2: there is no backup yet
            raised = Missing if trouble["code"] in (1, 3) else Unreachable
            said = [str(each["status"].get("message", "")) for each in stanza.get("repo", [])]
            raise raised(f"pgBackRest says of the stanza {self._stanza}: {_told(chr(10).join(said))}.")
        encrypted = stanza.get("cipher", "none") != "none"
        return [read_label(row, encrypted) for row in reversed(stanza.get("backup", []))]

    def named(self, name: str, seconds: float) -> Label | None:
        return next((each for each in self.labels(seconds) if each.notes.get(NAME) == name), None)

    def newest_segment(self, seconds: float) -> str:
        """The name of the last file of the log that is in the repository, or nothing."""
        return max((row["max"] or "" for row in self._info(seconds).get("archive", [])[-1:]), default="")

    def verify(self, label: Label, seconds: float) -> tuple[str, ...]:
        """Reads every file of the repository, and holds it against its checksum.

        Returns:
            What is wrong with a backup, with those that it needs, or with the log since then; one sentence each.
        """
        # Its exit status is 0 whatever it finds, and what it knows of gaps in the log is in DETAIL only.
        output = self.run("verify", "--output=text", "--verbose", seconds=seconds, console="detail")
        return problems(output, label)

    def _info(self, seconds: float) -> dict[str, Any]:
        # An error's text stands in it with its line ends as they are.
        found = json.loads(self.run("info", "--output=json", seconds=seconds), strict=False)
        return dict(found[0]) if found else {}


def _told(errors: str) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    return " / ".join(lines[:3])[:600] or "it said nothing"
