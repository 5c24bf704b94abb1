"""Servers that run on a restored data folder: ours that an interrupted run left, and others, which are let be."""

import signal
from contextlib import suppress
from pathlib import Path

import psutil

from recovery.errors import RecoveryError, Refused

# In the arguments of every scratch server: the beginning of the name of its own folder.
MARK = "lifeboat-pg-"


def stop_leftover(data: Path) -> None:
    """Stops the scratch server that a killed run left on a data folder, if there is one.

    Raises:
        Refused: a server that we did not start runs there: somebody took what was restored into use.
        RecoveryError: ours does not stop.
    """
    process = _server_on(data)
    if process is None:
        return
    with suppress(psutil.NoSuchProcess):
        if not any(MARK in word for word in process.cmdline()):
            remedy = "Stop it, or name another folder to restore to."
            raise Refused(f"A PostgreSQL server (process {process.pid}) runs on {data}.", remedy=remedy)
        for how, seconds in ((signal.SIGINT, 60), (signal.SIGQUIT, 30)):
            process.send_signal(how)
            with suppress(psutil.TimeoutExpired):
                process.wait(timeout=seconds)
                return
        raise RecoveryError(f"The scratch server (process {process.pid}) on {data} does not stop.")


def _server_on(data: Path) -> psutil.Process | None:
    try:
        words = (data / "postmaster.pid").read_text().split()
        process = psutil.Process(int(words[0]))
        return process if process.name().startswith("postgres") else None
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return None
