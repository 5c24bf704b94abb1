"""Plays failovers in processes of their own that are killed (SIGKILL) where a test says: for tests of going on."""

import asyncio
import multiprocessing
import os
import signal
import threading
from typing import Any

from flows.drill import drill
from flows.failover import failover
from flows.ransomware import ransomware
from recovery.errors import RecoveryError
from recovery.journal import Journal, Line

FLOWS: dict[str, Any] = {"drill": drill, "failover": failover, "ransomware": ransomware}
# Forked from a process that has imported all of this already: each run starts at once, as the warm runner's do.
_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload(["killed_run"])


def play(kind: str = "", step: str = "", seconds: float = 0, flow: str = "failover", **parameters: Any) -> int:
    """Plays one run.

    Args:
        kind, step: the line of the journal after which it is killed, once that is on disk; without, it is let run on.
        seconds: how long after it.
        flow: which playbook.
        parameters: of the flow.

    Returns:
        Its exit code: 0 through, 1 stopped by itself, -9 killed.
    """
    usual = {"mode": "for real", "even_if_primary_answers": True} if flow == "failover" else {}
    usual |= {"mode": "for real"} if flow == "ransomware" else {}
    wanted = {"plan": "shop", **usual, **parameters}
    # The process that it is forked from is older than the world of the test.
    surroundings = {name: value for name, value in os.environ.items() if name.startswith(("LIFEBOAT", "SHOP", "GX"))}
    process = _FORK.Process(target=_run, args=(flow, kind, step, seconds, wanted, surroundings))
    process.start()
    process.join(400)  # a machine that is busy takes minutes
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"The run with {wanted} did not end.")
    return process.exitcode


def _run(flow: str, kind: str, step: str, seconds: float, wanted: dict[str, Any], surroundings: dict[str, str]) -> None:
    os.environ.update(surroundings)
    for name in ("PREFECT_API_URL", "PREFECT_HOME"):
        os.environ.pop(name, None)
    if kind:
        _kill_after(kind, step, seconds)
    try:
        asyncio.run(FLOWS[flow].fn(**wanted))
    except RecoveryError as error:
        raise SystemExit(1) from error


def _kill_after(kind: str, step: str, seconds: float) -> None:
    """Has this process killed by the next such line."""
    write = Journal.write

    def writing(journal: Journal, *what: Any, **data: Any) -> Line:
        line = write(journal, *what, **data)
        if (line.kind, line.step) == (kind, step):
            if seconds == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return line

    Journal.write = writing  # type: ignore[method-assign]
