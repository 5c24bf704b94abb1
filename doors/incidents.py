"""`lifeboat resume` and `lifeboat abandon`: what to do about a recovery that was cut off."""

from typing import Annotated

from cyclopts import Parameter

Json = Annotated[bool, Parameter(help="Print one JSON object instead of words.")]


def resume(
    incident: str,
    *,
    plan: str | None = None,
    even_if_primary_answers: bool = False,
    break_glass: str | None = None,
    json: Json = False,
) -> int:
    """Go on with a failover that was cut off, from its journal: what was done and still stands is not done twice.

    Args:
        incident: its identifier, as its messages and its journal name it.
        plan: the plan's name or file; by default the plan named as the application is.
        even_if_primary_answers: as in the run that was cut off.
        break_glass: the reason for running with no Prefect server at all; goes on record.
    """
    from doors.run import run_playbook
    from doors.wanted import Wanted

    wanted = Wanted(
        playbook="failover",
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
    """The application that an incident's identifier names.

    Raises:
        RecoveryError: it is no identifier of a failover.
    """
    from recovery.errors import RecoveryError

    application, playbook, moment = incident.partition("-failover-")
    if not (application and playbook and moment):
        raise RecoveryError(
            f"{incident} is not the identifier of a failover, such as shop-failover-20260101T020304Z-0f3c.",
            remedy="It stands in every message of the incident, and names its folder under incidents/.",
        )
    return application
