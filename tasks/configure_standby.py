"""Configures the standby's machines and starts the application there, by Ansible."""

import secrets
from datetime import timedelta

from blocks.inventories.kind import Inventory, PlayResult
from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.standby_answers import standby_answers
from tasks.verb import verb


def look(run: Run) -> Decision:
    """A dry run has Ansible say what it would change; a real one does not spend that time."""
    if run.dry_run:
        return go(f"Ansible's check mode says: {_say(_play(run, check=True), 'would be made')}")
    return go(f"Running the playbook of {run.plan.configuration.inventory}.")


def still(run: Run, before: Outcome) -> Decision:
    """Whether the application answers at the standby. Only what reads is asked: a probe that writes wrote before."""
    return standby_answers(run, before)


@verb(
    "configure standby",
    look=look,
    still=still,
    timeout=timedelta(minutes=30),
    retries=1,
    undo="It stays, and does no harm as long as DNS does not name the standby.",
)
def configure_standby(run: Run, seen: Decision) -> Outcome:
    """Runs the playbook; a second run changes nothing."""
    result = _play(run, check=False)
    return did(_say(result, "made"), hosts=result.hosts)


def _play(run: Run, check: bool) -> PlayResult:
    inventory = run.block(run.plan.configuration.inventory, Inventory)  # type: ignore[type-abstract]
    return inventory.run(run.scratch(f"ansible-{secrets.token_hex(4)}"), run.say, check=check)


def _say(result: PlayResult, verb_of_changes: str) -> str:
    changed = sum(counts.get("changed", 0) for counts in result.hosts.values())
    return f"{len(result.hosts)} machine(s) reached, {changed} change(s) {verb_of_changes}."
