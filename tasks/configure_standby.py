"""Configures the standby's machines and starts the application there, by Ansible."""

import secrets
from datetime import timedelta

from blocks.inventories.kind import Inventory
from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from tasks.run import Run
from tasks.verb import verb


def look(run: Run) -> Decision:
    return go(f"Running the playbook of {run.plan.configuration.inventory}.")


@verb("configure standby", look=look, timeout=timedelta(minutes=30), retries=1)
def configure_standby(run: Run, seen: Decision) -> Outcome:
    """Runs the playbook; a second run changes nothing."""
    inventory = run.block(run.plan.configuration.inventory, Inventory)  # type: ignore[type-abstract]
    result = inventory.run(run.scratch(f"ansible-{secrets.token_hex(4)}"), run.say)
    changed = sum(counts.get("changed", 0) for counts in result.hosts.values())
    return did(f"{len(result.hosts)} machine(s) configured, {changed} change(s) made.", hosts=result.hosts)
