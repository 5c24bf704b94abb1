"""What was asked for on the command line, and how each playbook takes it."""

from datetime import datetime
from typing import Any, Literal

from recovery.model import Frozen

Playbook = Literal[
    "backup",
    "verify",
    "failover",
    "retention",
    "rotate-keys",
    "abandon",
    "readiness",
    "failback",
    "drill",
    "ransomware",
    "release-hold",
]
_WITH_MODE = ("failover", "failback", "ransomware", "retention", "rotate-keys", "abandon", "release-hold")
_WITH_INCIDENT = ("failover", "failback", "ransomware", "abandon")


class Wanted(Frozen):
    """One run of a playbook.

    Args:
        plan: a plan's name or file.
        break_glass: the reason for running with no Prefect server, or None.
        backup: a backup's name instead of the newest.
        graceful: stop the primary's writes, take a last backup, and lose nothing.
        initiator: who asks, by the name that the plan lists approvers by.
        incident: the one to go on with, or to abandon.
        infected_since: the moment of the infection; no backup of then or later counts.
        harmless: why the signs of ransomware in the named backup are harmless.
        held, by, reason: which hold to release, who releases it, and why.
    """

    playbook: Playbook
    plan: str
    dry_run: bool = False
    break_glass: str | None = None
    backup: str | None = None
    even_if_primary_answers: bool = False
    incident: str | None = None
    initiator: str = ""
    graceful: bool = False
    infected_since: datetime | None = None
    harmless: str = ""
    held: str = ""
    by: str = ""
    reason: str = ""

    def parameters(self) -> dict[str, Any]:
        """The same, as the flow takes it."""
        wanted: dict[str, Any] = {"plan": self.plan}
        if self.backup:
            wanted["backup"] = self.backup
        if self.playbook in _WITH_MODE:
            wanted["mode"] = "dry run" if self.dry_run else "for real"
        elif self.dry_run:
            wanted["dry_run"] = True
        if self.playbook in ("failover", "failback", "ransomware"):
            wanted |= {"break_glass": self.break_glass or "", "initiator": self.initiator}
        if self.playbook == "failover":
            wanted |= {"even_if_primary_answers": self.even_if_primary_answers, "graceful": self.graceful}
        if self.playbook == "ransomware":
            wanted |= {"infected_since": self.infected_since, "harmless": self.harmless}
        if self.playbook == "release-hold":
            wanted |= {"held": self.held, "by": self.by, "reason": self.reason}
        if self.playbook in _WITH_INCIDENT and self.incident:
            wanted["incident"] = self.incident
        return wanted
