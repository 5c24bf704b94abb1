"""Removes what a drill made: the application, the data, the machines. Also what a killed drill left."""

import secrets
from datetime import timedelta

from blocks.inventories.kind import Inventory
from blocks.workspaces.kind import Workspace
from recovery.decision import Decision, go
from recovery.errors import RecoveryError
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    """Only after `check rehearsal`: what is removed here is the drill's own."""
    places = ", ".join(part.restore_to for part in run.plan.components.values())
    return go(f"Removing the application, {places} and {run.plan.infrastructure.workspace}.")


@verb("remove copy", look=look, timeout=timedelta(minutes=30), retries=2)
def remove_copy(run: Run, seen: Decision) -> Outcome:
    """Each thing is removed though another could not be; then the step fails, and names what is left."""
    left = [error.what for error in (_stopped(run), *_erased(run), _destroyed(run)) if error]
    if left:
        raise RecoveryError(
            f"Something of the drill is left: {' '.join(left)}",
            changed="The rest is removed. Production was not touched.",
            remedy="Mend it, and run the drill again: it begins by removing what is left.",
        )
    return did("Nothing of the drill is left.")


def _stopped(run: Run) -> RecoveryError | None:
    reference = run.plan.drill.tear_down if run.plan.drill else None
    if reference is None:
        return None
    try:
        inventory = run.block(reference, Inventory)  # type: ignore[type-abstract]
        inventory.run(run.scratch(f"ansible-{secrets.token_hex(4)}"), run.say)
    except RecoveryError as error:
        return error
    return None


def _erased(run: Run) -> list[RecoveryError]:
    found = []
    for part in run.plan.components.values():
        try:
            run.source(part.restore_to).erase()
        except RecoveryError as error:
            found.append(error)
    return found


def _destroyed(run: Run) -> RecoveryError | None:
    try:
        workspace = run.block(run.plan.infrastructure.workspace, Workspace)  # type: ignore[type-abstract]
        workspace.destroy(run.scratch("terraform-destroy"), run.say)
    except RecoveryError as error:
        return error
    return None
