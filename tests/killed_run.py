"""Plays failovers in processes of their own that are killed (SIGKILL) where a test says: for tests of going on."""

import asyncio
import multiprocessing
import os
import signal
import threading
from typing import Any

from fault_places import Place

from flows.drill import drill
from flows.failback import failback
from flows.failover import failover
from flows.failover_many import failover_many
from flows.ransomware import ransomware
from recovery.errors import RecoveryError
from recovery.journal import Journal, Line

FLOWS: dict[str, Any] = {
    "drill": drill,
    "failback": failback,
    "failover": failover,
    "failover-many": failover_many,
    "ransomware": ransomware,
}
USUAL: dict[str, dict[str, Any]] = {
    "drill": {"plan": "shop"},
    "failback": {"plan": "shop", "mode": "for real"},
    "failover": {"plan": "shop", "mode": "for real", "even_if_primary_answers": True},
    "ransomware": {"plan": "shop", "mode": "for real"},
    "failover-many": {"mode": "for real", "even_if_primary_answers": True},
}
# Forked from a process that has imported all of this already: each run starts at once, as the warm runner's do.
_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload(["killed_run"])


def play(kind: str = "", step: str = "", seconds: float = 0, flow: str = "failover", **parameters: Any) -> int:
    """Plays one run.

    Args:
        kind, step: the line of the journal after which it is killed, once that is on disk; without, it is let run on.
            `before outcome` kills when the step has acted, before that is on record.
        seconds: how long after it.
        flow: which playbook.
        parameters: of the flow.

    Returns:
        Its exit code: 0 through, 1 stopped by itself, -9 killed.
    """
    return play_until(Place(kind, step, seconds) if kind else None, flow, **parameters)


def play_until(place: Place | None, flow: str, **parameters: Any) -> int:
    """The same, killed at any place at all."""
    wanted = {**USUAL[flow], **parameters}
    # The process that it is forked from is older than the world of the test.
    surroundings = {name: value for name, value in os.environ.items() if name.startswith(("LIFEBOAT", "SHOP", "GX"))}
    process = _FORK.Process(target=_run, args=(flow, place, wanted, surroundings))
    process.start()
    process.join(900)  # a busy machine takes its time
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"The run with {wanted} did not end.")
    return process.exitcode


def _run(flow: str, place: Place | None, wanted: dict[str, Any], surroundings: dict[str, str]) -> None:
    os.environ.update(surroundings)
    for name in ("PREFECT_API_URL", "PREFECT_HOME"):
        os.environ.pop(name, None)
    if place:
        _kill_at(place)
    try:
        asyncio.run(FLOWS[flow].fn(**wanted))
    except RecoveryError as error:
        print(f"{flow} stopped: {error}", flush=True)
        raise SystemExit(1) from error


def _kill_at(place: Place) -> None:
    """Has this process killed by the line that the place names."""
    write, seen = Journal.write, list[Line]()

    def writing(journal: Journal, *what: Any, **data: Any) -> Line:
        if place[:2] == (f"before {what[0]}", what[1]):
            os.kill(os.getpid(), signal.SIGKILL)
        line = write(journal, *what, **data)
        if (line.kind, line.step) == place[:2] and journal.path.parent.name.startswith(place.application):
            seen.append(line)
            if len(seen) == place.time and place.seconds == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            if len(seen) == place.time:
                threading.Timer(place.seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return line

    Journal.write = writing  # type: ignore[method-assign]
