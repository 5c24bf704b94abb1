"""Running pgBackRest, and reading what it tells. Its secrets are in the environment only."""

import json
import os
from collections.abc import Mapping
from typing import Any

from blocks.snapshots.system_user import run_as
from recovery.errors import Missing, RecoveryError, Unreachable
from recovery.model import Frozen

# Of pgBackRest's own exit codes: connections, hosts, protocols, services, and a server that is not there.
_UNREACHABLE = {49, 56, 58, 102, 103}
NAME, POINT, DIGEST = "lifeboat", "lifeboat-point", "lifeboat-content"


class Label(Frozen):
    """One backup, as `pgbackrest info` tells it.

    Args:
        label: pgBackRest's own.
        kind: full, diff or incr.
        stopped: when it was finished, in seconds since 1970.
        size: what it added to the repository, in bytes.
        needs: labels of backups without which it cannot be restored.
        notes: its annotations.
        encrypted: whether the repository is.
        damaged: pages whose checksum was wrong when they were read.
    """

    label: str
    kind: str
    stopped: int
    size: int
    needs: tuple[str, ...]
    notes: dict[str, str]
    encrypted: bool
    damaged: bool


class PgBackRest:
    """Args:
    config: its configuration file.
    stanza: the cluster's name in it.
    user: the system user to be, where we are root.
    secrets: more settings as environment variables.
    """

    def __init__(self, config: str, stanza: str, user: str | None, secrets: Mapping[str, str]) -> None:
        quiet = ("--log-level-console=off", "--log-level-stderr=error")
        self._options = (f"--config={config}", f"--stanza={stanza}", *quiet)
        self._stanza, self._user = stanza, user
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PGBACKREST", "PG"))}
        self._environment = inherited | {"LC_ALL": "C"} | dict(secrets)

    def run(self, command: str, *arguments: str, seconds: float) -> str:
        """Raises:
        RecoveryError: it failed or took too long.
        Unreachable: its repository or its database could not be reached.
        """
        line = ["pgbackrest", *self._options, *arguments, command]
        status, output, errors = run_as(self._user, line, self._environment, seconds)
        if status in _UNREACHABLE:
            raise Unreachable(f"pgBackRest could not reach what it needs for {command}: {_told(errors)}.")
        if status != 0:
            raise RecoveryError(f"pgBackRest failed at {command} (exit status {status}): {_told(errors)}.")
        return output

    def labels(self, seconds: float) -> list[Label]:
        """Every backup in the repository, the newest first."""
        # An error's text stands in it with its line ends as they are.
        [stanza] = json.loads(self.run("info", "--output=json", seconds=seconds), strict=False) or [{}]
        trouble = stanza.get("status", {})
        if trouble.get("code", 0) not in (0, 2):  # 2: there is no backup yet
            raised = Missing if trouble["code"] in (1, 3) else Unreachable
            said = [str(each["status"].get("message", "")) for each in stanza.get("repo", [])]
            raise raised(f"pgBackRest says of the stanza {self._stanza}: {_told(chr(10).join(said))}.")
        encrypted = stanza.get("cipher", "none") != "none"
        return [_label(row, encrypted) for row in reversed(stanza.get("backup", []))]

    def named(self, name: str, seconds: float) -> Label | None:
        return next((each for each in self.labels(seconds) if each.notes.get(NAME) == name), None)

    def verify(self, label: Label, seconds: float) -> tuple[str, ...]:
        """Reads every file of the repository, and holds it against its checksum. Its exit status is 0 all the same.

        Returns:
            What is wrong with a backup, with those that it needs, or with the WAL; one sentence each.
        """
        about, told = "", dict[str, list[str]]()
        for line in self.run("verify", "--output=text", seconds=seconds).splitlines():
            words = line.strip()
            if words.startswith(("stanza:", "backup:", "archiveId:")):
                about = words
            elif about.startswith(("backup:", "archiveId:")) and words:
                told.setdefault(about, []).append(words)
            if words == "status: error" and about.startswith("stanza:"):
                told.setdefault(about, []).append(words)
        ours = ("archiveId:", *(f"backup: {each}," for each in (label.label, *label.needs)))
        wrong = [f"{about}: {', '.join(lines)}" for about, lines in told.items() if about.startswith(ours)]
        only = len(told) == 1 and not wrong  # an error of which it does not say where
        return tuple(f"{about}: {', '.join(lines)}" for about, lines in told.items()) if only else tuple(wrong)


def _label(row: dict[str, Any], encrypted: bool) -> Label:
    return Label(
        label=row["label"],
        kind=row["type"],
        stopped=row["timestamp"]["stop"],
        size=row["info"]["repository"]["delta"],
        needs=tuple(row.get("reference") or ()),
        notes=row.get("annotation") or {},
        encrypted=encrypted,
        damaged=bool(row.get("error")),
    )


def _told(errors: str) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    return " / ".join(lines[:3])[:600] or "it said nothing"
