"""The playbooks, as they are deployed: what each says of itself, and what its form is filled in with."""

from typing import Any, Literal, NamedTuple

from recovery.bound_for import AS_PLANNED

DRY = "**As it stands this is a dry run**: it reads the world, says what each step would do, and changes nothing."
NEWEST, NEWEST_PROVED, LAST_CLEAN, UNFINISHED = "newest", "newest proved", "last clean", "unfinished"
_BY_HAND: dict[str, Any] = {"mode": "dry run", "incident": UNFINISHED}


class Playbook(NamedTuple):
    """What the deployments of one playbook have in common."""

    flow: str
    says: str
    parameters: dict[str, Any]
    collision: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE"
    drawn: bool = False


def form(**more: Any) -> dict[str, Any]:
    return {"break_glass": "", "initiator": "", **more}


_RECOVERY = form(graceful=False, backup=NEWEST_PROVED, even_if_primary_answers=False, site=AS_PLANNED, **_BY_HAND)
OF_ONE_PLAN = (
    Playbook("backup", "Takes a backup of {}, encrypted, with the proof of what it held.", {}),
    Playbook(
        "verify",
        "Restores the newest backup of {} into a scratch place, proves it equal to its source, and tears it down.",
        {"backup": NEWEST},
    ),
    Playbook("failover", f"Brings {{}} back at its standby site.\n{DRY}", _RECOVERY, "CANCEL_NEW", True),
    Playbook(
        "failback",
        f"Brings {{}} back to its primary site; nothing that was written at the standby is lost.\n{DRY}",
        form(**_BY_HAND),
        "CANCEL_NEW",
        True,
    ),
    Playbook(
        "drill",
        "Rehearses the failover of {} by the same steps, in an isolated copy that is removed afterwards, and measures "
        "it.\nProduction is not touched, and that is checked.",
        {"backup": NEWEST_PROVED, "ransomware": False, "dry_run": False},
        "CANCEL_NEW",
        True,
    ),
    Playbook(
        "ransomware",
        "After ransomware: fences the primary of {}, keeps evidence of it, and rebuilds at the standby from the last "
        f"clean backup, on clean nodes and with new secrets.\n{DRY}",
        form(infected_since=None, backup=LAST_CLEAN, harmless="", **_BY_HAND),
        "CANCEL_NEW",
        True,
    ),
    Playbook(
        "release-hold",
        f"Lets the backups of {{}} that a ransomware recovery holds age out again. By a person, with a reason.\n{DRY}",
        {"mode": "dry run", "held": "", "by": "", "reason": ""},
    ),
    Playbook(
        "retention",
        "Removes the backups of {} that no rule of its plan keeps. Never the newest, never the newest that was "
        "proved.\n**Pressed by hand it is a dry run**; only its schedule removes anything.",
        {"mode": "dry run"},
    ),
    Playbook(
        "rotate-keys",
        f"Wraps the key of every backup of {{}} anew, for the recipients that the block of keys names now. No data is "
        f"copied.\n{DRY}",
        {"mode": "dry run"},
    ),
    Playbook(
        "abandon",
        f"Gives up a failover of {{}} that promoted nothing yet: lowers the fence, removes what was restored.\n{DRY}",
        dict(_BY_HAND),
        "CANCEL_NEW",
    ),
    Playbook(
        "readiness",
        "Could {} be recovered right now? Looks at everything that a recovery will need; changes nothing.",
        {},
        "CANCEL_NEW",
    ),
)
PLAYBOOKS = (*(each.flow for each in OF_ONE_PLAN), "verify-fleet", "failover-many")
