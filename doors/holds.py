"""`lifeboat hold`: what keeps every backup of an application after ransomware."""

from typing import Annotated

from cyclopts import App, Parameter

hold_app = App(name="hold", help="What keeps every backup of an application after ransomware.")


@hold_app.command
def release(
    plan: str,
    incident: str,
    *,
    by: str,
    reason: str,
    dry_run: bool = False,
    break_glass: str | None = None,
    json: Annotated[bool, Parameter(help="Print one JSON object instead of words.")] = False,
) -> int:
    """Let backups age out again. The evidence of the old site, and the record of the hold, stay.

    Args:
        plan: the plan's name or file.
        incident: because of which they are held.
        by: your name; goes on record.
        reason: why; goes on record.
        dry_run: only say what would be done.
        break_glass: the reason for running with no Prefect server at all; goes on record.
    """
    from doors.run import run_playbook
    from doors.wanted import Wanted

    wanted = Wanted(
        playbook="release-hold",
        plan=plan,
        held=incident,
        by=by,
        reason=reason,
        dry_run=dry_run,
        break_glass=break_glass,
    )
    return run_playbook(wanted, as_json=json)
