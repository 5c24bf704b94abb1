"""`lifeboat keys`: who can open the backups."""

from typing import Annotated

from cyclopts import App, Parameter

keys_app = App(name="keys", help="Who can open the backups.")


@keys_app.command
def rotate(
    plan: str,
    *,
    dry_run: bool = False,
    break_glass: str | None = None,
    json: Annotated[bool, Parameter(help="Print one JSON object instead of words.")] = False,
) -> int:
    """Wrap the key of every backup anew, for the recipients that the block of keys names now.

    Args:
        plan: the plan's name or file.
        dry_run: only say how many there are.
        break_glass: the reason for running with no Prefect server at all; goes on record.
    """
    from doors.run import run_playbook
    from doors.wanted import Wanted

    wanted = Wanted(playbook="rotate-keys", plan=plan, dry_run=dry_run, break_glass=break_glass)
    return run_playbook(wanted, as_json=json)
