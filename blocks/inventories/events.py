"""Reads what Ansible reports: lines for the log, and in the end a result or one of our errors."""

from collections.abc import Callable
from typing import Any

from blocks.inventories.kind import PlayResult
from recovery.duration import say_duration
from recovery.errors import RecoveryError, Refused, Unreachable

# Ansible's name for it to ours.
_COUNTS = {"ok": "ok", "changed": "changed", "failures": "failures", "dark": "unreachable"}
_WRONG_KEY = ("Host key verification failed", "HOST IDENTIFICATION HAS CHANGED")


class Story:
    """One run of one playbook."""

    def __init__(self, log: Callable[[str], None], clean: Callable[[str], str]) -> None:
        """
        Args:
            log: takes each line worth showing.
            clean: takes known secrets out of a text.
        """
        self._log, self._clean = log, clean
        self._hosts: dict[str, dict[str, int]] = {}
        self._failures: list[str] = []
        self._unreachable: dict[str, str] = {}
        self._texts: list[str] = []
        self._changed = 0
        self._ended: dict[str, Any] = {}

    def take(self, said: dict[str, Any]) -> None:
        """Takes one thing that `play.py` said."""
        if "ended" in said:
            self._ended = said
            return
        event, text = said["event"], self._clean(said.get("text", "")).strip()
        if event in ("verbose", "error", "warning"):
            self._note(text)
        elif event.startswith("playbook_on_") and event.endswith("task_start"):
            self._log(self._clean(f"Task: {said['task']}"))
        elif event == "playbook_on_stats":
            self._count(said["counts"])
        elif not event.startswith("runner_item_"):
            self._take_result(event, said)

    def result(self, playbook: str, seconds: float) -> PlayResult:
        """How it ended.

        Args:
            playbook: its name, for errors.
            seconds: how long it was allowed to take.

        Raises:
            Unreachable, Refused, RecoveryError: it did not end well.
        """
        if self._ended.get("ended") == "successful":
            return PlayResult(ok=True, hosts=self._hosts)
        # Results of no_log tasks do not say whether they changed something; the counts do, if it came to them.
        changes = max(self._changed, PlayResult(ok=False, hosts=self._hosts).changed)
        changed = f"{changes} of its tasks had changed something by then." if changes else "Nothing was changed."
        raise self._error(playbook, seconds, changed)

    def _error(self, playbook: str, seconds: float, changed: str) -> RecoveryError:
        if self._ended.get("overdue"):
            return RecoveryError(
                f"The playbook {playbook} did not end within {say_duration(seconds)} and was stopped.",
                changed=f"{changed} The task that was running may have done a part of its work.",
                remedy="See the last task in the log, then run it again.",
            )
        wrong = [host for host, why in self._unreachable.items() if any(sign in why for sign in _WRONG_KEY)]
        if wrong:
            return Refused(
                f"The SSH host key of {', '.join(wrong)} is not the one that is known.",
                changed=changed,
                remedy="Make sure that it is the right machine, then correct the inventory's known hosts.",
            )
        if self._unreachable:
            reasons = "; ".join(f"{host}: {why}" for host, why in self._unreachable.items())
            return Unreachable(f"Ansible could not reach {reasons}", changed=changed)
        remedy = "Mend it and run the playbook again: what is done already is left alone."
        why = "; ".join(self._failures) or " ".join(self._texts[-8:]) or f"exit code {self._ended.get('code')}"
        return RecoveryError(f"The playbook {playbook} failed: {why}", changed=changed, remedy=remedy)

    def _take_result(self, event: str, said: dict[str, Any]) -> None:
        host, result = said["host"], said["result"]
        why = " ".join(self._clean(result.get("msg") or result.get("stderr") or "no message").split())[:800]
        task = f"{host}: {self._clean(str(said['task']))}"
        if event == "runner_on_ok":
            changed = result.get("changed") == "True"
            self._changed += changed
            self._log(f"{task}: {'changed' if changed else 'ok'} ({said['seconds'] or 0:.1f} s)")
        elif event == "runner_on_unreachable":
            self._unreachable[host] = why
            self._log(f"{task}: UNREACHABLE: {why}")
        elif event == "runner_on_failed":
            self._log(f"{task}: {'failed, ignored' if said['ignored'] else 'FAILED'}: {why}")
            if not said["ignored"]:
                self._failures.append(f"{task}: {why}")

    def _note(self, text: str) -> None:
        if text:
            self._texts.append(text)
            self._log(text)

    def _count(self, counts: dict[str, dict[str, int] | None]) -> None:
        hosts = sorted({host for found in counts.values() for host in found or {}})
        self._hosts = {
            host: {ours: (counts.get(theirs) or {}).get(host, 0) for theirs, ours in _COUNTS.items()} for host in hosts
        }
