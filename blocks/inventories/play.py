"""Runs one playbook in a process of its own: `python -P play.py`, with a JSON object as the first line of its input.

It is a process of its own because ansible-runner forgets the module processes of a run it cancels: only where nothing
else runs is it safe to end every descendant. It prints one JSON object a line: events, then how it ended. When its
input closes, which is also how it notices that its caller died, it ends the run and cleans up.

It imports nothing of this project: it has to start fast.
"""

import contextlib
import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import ansible_runner
import psutil

EVENTS = {
    "playbook_on_task_start",
    "playbook_on_handler_task_start",
    "playbook_on_stats",
    "runner_item_on_ok",
    "runner_item_on_failed",
    "runner_on_ok",
    "runner_on_failed",
    "runner_on_unreachable",
    "runner_on_skipped",
    "verbose",
    "error",
    "warning",
}
KEPT = ("changed", "rc", "msg", "stderr", "exception")
LONGEST = 4000


def main() -> None:
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    stop = threading.Event()
    threading.Thread(target=_watch_input, args=(stop,), daemon=True).start()
    deadline = time.monotonic() + order["seconds"]
    overdue = False

    def cancelled() -> bool:
        nonlocal overdue
        overdue = overdue or time.monotonic() > deadline
        if overdue or stop.is_set():
            _end_descendants()
            return True
        return False

    folder = Path(order["folder"])
    try:
        run = ansible_runner.run(
            private_data_dir=str(folder),
            playbook=order["playbook"],
            inventory=order["inventory"],
            cmdline=order["arguments"],
            quiet=True,
            suppress_env_files=True,
            settings={"suppress_ansible_output": True, "pexpect_timeout": 0.3},
            event_handler=_tell,
            cancel_callback=cancelled,
        )
        _say({"ended": run.status, "code": run.rc, "overdue": overdue})
    finally:
        _end_descendants()
        _close_connections(Path(order["connections"]))
        shutil.rmtree(folder, ignore_errors=True)


def _close_connections(folder: Path) -> None:
    """SSH keeps its connections in daemons, which are nobody's descendants: they are asked to end."""
    for connection in folder.glob("*"):
        asked = ["ssh", "-o", f"ControlPath={connection}", "-O", "exit", "unused"]
        subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=5, check=False)
    shutil.rmtree(folder, ignore_errors=True)


def _watch_input(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


def _tell(event: dict[str, Any]) -> bool:
    """Passes an event on. False: ansible-runner need not keep it, for results may hold secrets."""
    data = event.get("event_data", {})
    if event["event"] in EVENTS:
        result = data.get("res") or {}
        _say(
            {
                "event": event["event"],
                "text": event.get("stdout", "")[:LONGEST],
                "host": data.get("host"),
                "task": data.get("task"),
                "ignored": data.get("ignore_errors"),
                "seconds": data.get("duration"),
                "result": {name: str(result[name])[:LONGEST] for name in KEPT if result.get(name) not in (None, "")},
                "counts": {name: data.get(name) for name in ("ok", "changed", "failures", "dark", "skipped")},
            }
        )
    return False


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def _end_descendants() -> None:
    """Ends every process below this one, again until none is left: a dying one may have just started another.

    They are not waited for: ansible-runner wants to reap its own child itself.
    """
    for _ in range(100):
        found = [process for process in psutil.Process().children(recursive=True) if _lives(process)]
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(0.02)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


if __name__ == "__main__":
    main()
