"""Runs one program with a deadline, line by line, and ends it in the way Terraform survives best."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from recovery.model import Frozen

# How long an interrupted Terraform may take to save its state and to release its lock.
GRACE_SECONDS = 60.0


class Ending(Frozen):
    """How a program ended.

    Args:
        code: its exit code.
        overdue: it did not end by itself within its time.
        killed: it did not even end within the grace, and was killed.
    """

    code: int
    overdue: bool = False
    killed: bool = False


def run_lines(
    argv: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    seconds: float,
    line: Callable[[str], None],
    grace: float = GRACE_SECONDS,
) -> Ending:
    """Runs a program and hands over every line as it comes.

    The program gets a session of its own, so that a Ctrl-C in the terminal does not reach it or its children. When its
    time is up, or when `line` raises, only the program itself is interrupted: Terraform then stops its providers in
    order, saves its state and releases its lock. After the grace the whole group is killed.

    Args:
        argv: the program and its arguments.
        folder: where it runs. Files it makes are for this user only.
        environment: its whole environment.
        seconds: how long it may take.
        line: takes each line of its output and of its errors.
        grace: seconds between the interrupt and the kill.
    """
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        bufsize=1,
        start_new_session=True,
        umask=0o077,
    )
    watch = _Watch(process, seconds, grace)
    try:
        _read(process.stdout, line)
        process.wait()
    finally:
        watch.end()
    return Ending(code=process.returncode, overdue=watch.overdue, killed=watch.killed)


def _read(stream: IO[str] | None, line: Callable[[str], None]) -> None:
    for text in stream or ():
        line(text.rstrip("\n"))


class _Watch:
    """Interrupts the process at its deadline, kills it after the grace, and leaves nothing of it behind."""

    def __init__(self, process: subprocess.Popen[str], seconds: float, grace: float) -> None:
        self.overdue = self.killed = False
        self._process, self._grace = process, grace
        self._timers = [threading.Timer(seconds, self._expire), threading.Timer(seconds + grace, self._kill)]
        for timer in self._timers:
            timer.daemon = True
            timer.start()

    def end(self) -> None:
        for timer in self._timers:
            timer.cancel()
        if self._process.poll() is None:
            self._leave()
        if self._process.stdout:
            self._process.stdout.close()

    def _leave(self) -> None:
        """The reader failed or was cancelled: the rest of the output is thrown away, so that the pipe never fills."""
        threading.Thread(target=_read, args=(self._process.stdout, lambda text: None), daemon=True).start()
        self._interrupt()
        try:
            self._process.wait(self._grace)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()

    def _expire(self) -> None:
        self.overdue = True
        self._interrupt()

    def _interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def _kill(self) -> None:
        if self._process.poll() is None:
            self.killed = True
            os.killpg(self._process.pid, signal.SIGKILL)
