"""`lifeboat resume` and `lifeboat abandon`: what to do about a recovery that was cut off."""

import re
from typing import Annotated, Literal

from cyclopts import Parameter

Playbook = Literal["failover", "failback", "ransomware"]
Json = Annotated[bool, Parameter(help="Print one JSON object instead of words.")]


def resume(
    incident: str,
    *,
    plan: str | None = None,
    even_if_primary_answers: bool = False,
    break_glass: str | None = None,
    json: Json = False,
) -> int:
    """Go on, from its journal, with a recovery that was cut off: what was done is not done twice.

    Args:
        incident: its identifier, as its messages and its journal name it.
        plan: the plan's name or file; by default the plan named as the application is.
        even_if_primary_answers: as in the run that was cut off.
        break_glass: the reason for running with no Prefect server at all; goes on record.
    """
    from doors.run import run_playbook
    from doors.wanted import Wanted

    wanted = Wanted(
        playbook=playbook_of(incident),
        plan=plan or application_of(incident),
        incident=incident,
        even_if_primary_answers=even_if_primary_answers,
        break_glass=break_glass,
    )
    return run_playbook(wanted, as_json=json)


def abandon(
    incident: str,
    *,
    plan: str | None = None,
    dry_run: bool = False,
    break_glass: str | None = None,
    json: Json = False,
) -> int:
    """Give up a failover that promoted nothing yet: lower the fence, remove what was restored, close the incident.

    Args:
        incident: its identifier.
        plan: the plan's name or file; by default the plan named as the application is.
        dry_run: only say what would be done.
        break_glass: the reason for running with no Prefect server at all; goes on record.
    """
    from doors.run import run_playbook
    from doors.wanted import Wanted

    wanted = Wanted(
        playbook="abandon",
        plan=plan or application_of(incident),
        incident=incident,
        dry_run=dry_run,
        break_glass=break_glass,
    )
    return run_playbook(wanted, as_json=json)


def application_of(incident: str) -> str:
    """The application that an incident's identifier names; raises as `playbook_of` does."""
    return _parts(incident)[0]


def playbook_of(incident: str) -> Playbook:
    """The playbook that an incident's identifier names.

    Raises:
        RecoveryError: it is no identifier of a recovery.
    """
    named: dict[str, Playbook] = {"failback": "failback", "ransomware": "ransomware"}
    return named.get(_parts(incident)[1], "failover")


def _parts(incident: str) -> tuple[str, str]:
    from recovery.errors import RecoveryError

    found = re.fullmatch(r"(.+)-(failover|failback|ransomware)-\d{8}T\d{6}Z-[0-9a-f]{4}", incident)
    if not found:
        raise RecoveryError(
            f"{incident} is not the identifier of a failover, such as shop-failover-20260101T020304Z-0f3c.",
            remedy="It stands in every message of the incident, and names its folder under incidents/.",
        )
    return found[1], found[2]
