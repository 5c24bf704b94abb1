"""Tells one process from every other, also from a later one of the same number. Linux: from /proc."""

import os
import socket
from pathlib import Path

from recovery.lease import Process

_STARTED = 19  # of the fields after the name in /proc/PID/stat, which is its 22nd in all: see proc(5)


def this_process() -> Process | None:
    """This process, or None where /proc does not tell."""
    try:
        return Process(machine=_machine(), pid=os.getpid(), started=_started(os.getpid()))
    except (OSError, ValueError, IndexError):
        return None


def is_dead(process: Process | None) -> bool:
    """Whether a process is known to be dead. Of one on another machine nothing is known, so it is not."""
    try:
        if process is None or process.machine != _machine():
            return False
    except OSError:
        return False
    try:
        return _started(process.pid) != process.started or _is_zombie(process.pid)
    except FileNotFoundError:
        return True
    except (OSError, ValueError, IndexError):
        return False


def _machine() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{socket.gethostname()}/{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"


def _fields(pid: int) -> list[str]:
    """What stands after the name, which may itself hold blanks and brackets."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _started(pid: int) -> int:
    return int(_fields(pid)[_STARTED])


def _is_zombie(pid: int) -> bool:
    return _fields(pid)[0] in ("Z", "X")
