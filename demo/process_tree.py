"""Signals to a process and all that it started."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

# Every process of a world carries its folder in this variable, so that none can be lost sight of.
MARK = "LIFEBOAT_WORLD"
_GONE = (psutil.NoSuchProcess, psutil.ZombieProcess)


def find(pid: int, created: float) -> psutil.Process | None:
    """The process, if it lives and is the one that was meant: a pid alone may belong to somebody else by now."""
    try:
        process = psutil.Process(pid)
        # The kernel counts in ticks of 10 ms.
        if abs(process.create_time() - created) > 0.05 or process.status() == psutil.STATUS_ZOMBIE:
            return None
    except _GONE:
        return None
    return process


def is_living(pid: int) -> bool:
    """Whether a process has this pid and is not merely waiting to be collected."""
    try:
        return _lives(psutil.Process(pid))
    except _GONE:
        return False


def stop_tree(root: psutil.Process, first: signal.Signals, seconds: float) -> None:
    """Asks the process to end, waits, and kills what is left of it and of its descendants.

    Args:
        root: the process that was started.
        first: the signal that asks; SIGKILL asks nothing.
        seconds: how long to wait for it.
    """
    if first == signal.SIGKILL:
        kill_tree(root)
        return
    family = _family(root)
    with suppress(*_GONE):
        root.send_signal(first)
    for process in _wait(family, seconds):
        kill_tree(process)


def kill_tree(root: psutil.Process) -> None:
    """SIGKILL to the process and all its descendants, and waits until they are gone.

    It is stopped first: PostgreSQL, say, could start one more child between the look and the kill.
    """
    with suppress(*_GONE):
        root.suspend()
    family = _family(root)
    for process in family:
        with suppress(*_GONE):
            process.kill()
    _wait(family, seconds=5)


def kill_marked(mark: str) -> list[int]:
    """Kills every process that carries the mark in its environment, whoever started it, but not the caller's own line.

    Args:
        mark: the value of `MARK`.

    Returns:
        The pids that were killed.
    """
    spared = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    killed = []
    for process in marked(mark):
        if process.pid not in spared:
            kill_tree(process)
            killed.append(process.pid)
    return killed


def marked(mark: str) -> list[psutil.Process]:
    """The living processes that carry the mark in their environment."""
    needle = f"{MARK}={mark}\0".encode()
    found = []
    for pid in psutil.pids():
        # Other users' processes cannot be read, and are not ours.
        with suppress(OSError, psutil.Error):
            if needle in Path(f"/proc/{pid}/environ").read_bytes() + b"\0":
                found.append(psutil.Process(pid))
    return found


def _family(root: psutil.Process) -> list[psutil.Process]:
    try:
        return [root, *root.children(recursive=True)]
    except _GONE:
        return [root]


def _wait(family: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Waits until they are gone, and returns those that are not.

    A dead one that its parent has not collected yet counts as gone: in a container that may take for ever.
    """
    deadline = time.monotonic() + seconds
    while left := [process for process in family if _lives(process)]:
        if time.monotonic() > deadline:
            return left
        time.sleep(0.01)
    return []


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except _GONE:
        return False
