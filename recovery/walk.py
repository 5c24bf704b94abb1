"""What was asked for, where somebody walks back to the last clean backup, and whether it makes sense. Pure."""

from datetime import datetime

from recovery.decision import Decision, go, refuse
from recovery.model import Frozen


class Walk(Frozen):
    """How far to walk.

    Args:
        plan: the plan's name: the verifications open it for themselves, with their own lease on the scratch places.
        infected_since: the moment of the infection, if anybody knows.
        wanted: only this backup.
        harmless: a person's reason for taking its signs for harmless.
    """

    plan: str
    infected_since: datetime | None = None
    wanted: str | None = None
    harmless: str = ""


def may_walk(infected_since: datetime | None, wanted: str | None, harmless: str, now: datetime) -> Decision:
    """Whether what was asked for makes sense."""
    if harmless.strip() and wanted is None:
        said = "Signs of ransomware are called harmless of one backup, not of any that shows some."
        return refuse(said, "Name the backup, and give your reason.")
    if infected_since and infected_since > now:
        return refuse(f"The infection of {infected_since:%Y-%m-%d %H:%M} UTC would be still to come.", "Correct it.")
    return go("Walking back to the last clean backup.")
