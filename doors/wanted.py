"""What was asked for on the command line, and how each playbook takes it."""

from typing import Any, Literal

from recovery.model import Frozen

Playbook = Literal[
    "backup", "verify", "failover", "retention", "rotate-keys", "abandon", "readiness", "failback", "drill"
]
_WITH_MODE = ("failover", "failback", "retention", "rotate-keys", "abandon")
_WITH_INCIDENT = ("failover", "failback", "abandon")


class Wanted(Frozen):
    """One run of a playbook.

    Args:
        plan: a plan's name or file.
        break_glass: the reason for running with no Prefect server, or None.
        backup: a backup's name instead of the newest.
        graceful: stop the primary's writes, take a last backup, and lose nothing.
        initiator: who asks, by the name that the plan lists approvers by.
        incident: the one to go on with, or to abandon.
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

    def parameters(self) -> dict[str, Any]:
        """The same, as the flow takes it."""
        wanted: dict[str, Any] = {"plan": self.plan}
        if self.backup:
            wanted["backup"] = self.backup
        if self.playbook in _WITH_MODE:
            wanted["mode"] = "dry run" if self.dry_run else "for real"
        elif self.dry_run:
            wanted["dry_run"] = True
        if self.playbook in ("failover", "failback"):
            wanted |= {"break_glass": self.break_glass or "", "initiator": self.initiator}
        if self.playbook == "failover":
            wanted |= {"even_if_primary_answers": self.even_if_primary_answers, "graceful": self.graceful}
        if self.playbook in _WITH_INCIDENT and self.incident:
            wanted["incident"] = self.incident
        return wanted
