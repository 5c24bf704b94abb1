"""Reads the lines of `terraform ... -json`, and says in one of our errors what went wrong."""

import json
import re
from collections.abc import Callable
from typing import Any

from blocks.workspaces.running import Ending
from recovery.duration import say_duration
from recovery.errors import Conflict, RecoveryError, Unreachable
from recovery.terraform_events import KEPT

# Types of events worth a line in the log. The event `outputs` is kept, not shown.
_SHOWN = {
    "planned_change",
    "apply_start",
    "apply_progress",
    "apply_complete",
    "apply_errored",
    "provision_start",
    "provision_complete",
    "provision_errored",
    "change_summary",
    "diagnostic",
    "log",
}
# The lock file goes with the private folder, so nobody has to complete it.
_DULL = {"Incomplete lock file information for providers"}
_NETWORK = re.compile(
    r"connection refused|no such host|i/o timeout|connection reset|network is unreachable|request send failed"
    r"|failed to query available provider packages|could not connect|TLS handshake|deadline exceeded",
    re.IGNORECASE,
)
_LOCK = re.compile(r"^\s*(ID|Path|Operation|Who|Created):\s*(\S.*?)\s*$", re.MULTILINE)


class Reader:
    """Takes the lines of one Terraform command."""

    def __init__(self, log: Callable[[str], None], clean: Callable[[str], str]) -> None:
        """
        Args:
            log: takes each line worth showing.
            clean: takes known secrets out of a text.
        """
        self._log, self._clean = log, clean
        self.errors: list[tuple[str, str]] = []
        self.outputs: dict[str, Any] = {}
        self.planned: list[dict[str, Any]] = []

    def take(self, line: str) -> None:
        event = decode(line)
        if event is None:
            self._show(line)
            return
        kind = str(event.get("type"))
        if kind in KEPT or kind.startswith("deferred"):
            self.planned.append(event)
        if kind == "outputs":
            self.outputs = {name: out["value"] for name, out in event["outputs"].items() if "value" in out}
        elif kind == "diagnostic":
            self._diagnose(event["diagnostic"])
        elif kind in _SHOWN:
            self._show(event["@message"])

    def _diagnose(self, diagnostic: dict[str, Any]) -> None:
        if diagnostic["summary"] in _DULL:
            return
        summary, detail = self._clean(diagnostic["summary"]), self._clean(diagnostic.get("detail", ""))
        where = f" ({diagnostic['address']})" if diagnostic.get("address") else ""
        self._show(f"{diagnostic['severity']}: {summary}{where}: {detail}")
        if diagnostic["severity"] == "error":
            self.errors.append((summary + where, detail))

    def _show(self, text: str) -> None:
        for line in text.strip().splitlines():
            if line.strip():
                self._log(self._clean(line))


def decode(line: str) -> dict[str, Any] | None:
    """One line as an object, or None: some of what Terraform says is plain text even so."""
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def failure(command: str, ending: Ending, errors: list[tuple[str, str]], seconds: float) -> RecoveryError:
    """The error that a failed command amounts to.

    Args:
        command: `init`, `plan`, `show` or `apply`.
        ending: how it ended.
        errors: summary and detail of each error it reported, clean of secrets.
        seconds: how long it was allowed to take.
    """
    changed = _changed(command, ending)
    if ending.overdue:
        return RecoveryError(
            f"terraform {command} did not end within {say_duration(seconds)} and was stopped.",
            changed=changed,
            remedy="Plan again: what is there by then is taken into account. Raise the time-out if it needs longer.",
        )
    text = " ".join(f"{summary}: {detail}" for summary, detail in errors)
    if "Error acquiring the state lock" in text:
        return _locked(text)
    if "Saved plan is stale" in text:
        return Conflict(
            "The standby's Terraform state was changed after this plan was made, so the plan was not applied.",
            remedy="Plan again, and approve the new plan.",
        )
    what = "; ".join(f"{summary}: {_brief(detail)}" for summary, detail in errors[:3]) or f"exit code {ending.code}"
    if _NETWORK.search(text):
        return Unreachable(f"terraform {command} could not reach what it needs: {what}", changed=changed)
    return RecoveryError(f"terraform {command} failed: {what}", changed=changed, remedy="Mend this and plan again.")


def _changed(command: str, ending: Ending) -> str:
    if command != "apply":
        return "Nothing was changed."
    if ending.killed:
        return "It had to be killed: its state may lack what it made last, and its lock may be left behind."
    return "A part of the plan may have been applied: what was made is in Terraform's state, and the lock is released."


def _locked(text: str) -> Conflict:
    lock = dict(_LOCK.findall(text))
    identity = lock.get("ID", "unknown")
    what, since = lock.get("Operation", "unknown"), lock.get("Created", "unknown")
    holder = f"{lock.get('Who', 'somebody')} ({what}, since {since})"
    return Conflict(
        f"The standby's Terraform state is locked by {holder}, lock {identity}.",
        remedy=f"Wait for it. If its holder is dead for certain: `terraform force-unlock -force {identity}`.",
    )


def _brief(detail: str) -> str:
    return " ".join(detail.split())[:600]
