"""PostgreSQL's programs at the other end of a pipe: read from, or written to."""

import contextlib
import os
import select
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from recovery.errors import RecoveryError
from recovery.streams import BLOCK


class ProgramOutput:
    """What a program prints, in blocks. At its end the program must have succeeded, or an error is raised."""

    def __init__(self, command: list[str], environment: dict[str, str], stall_seconds: float) -> None:
        self._name, self._stall_seconds = Path(command[0]).name, stall_seconds
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the program
        self._begun = False
        try:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                pipesize=BLOCK,
            )
        except OSError as error:
            self._errors.close()
            raise not_started(self._name, error) from error
        assert self._process.stdout is not None
        self._output = self._process.stdout

    def __iter__(self) -> Iterator[bytes]:
        """Raises:
        RecoveryError: the program failed, or printed nothing for too long.
        """
        self._begun = True
        # Closed by whoever reads: closed by another thread, its number could be another file's by the next read.
        with self._errors, self._output:
            descriptor = self._output.fileno()
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            # pg_dump writes a few kilobytes at a time: whatever is done to each block would be done 100 times as often.
            buffer, filled = memoryview(bytearray(BLOCK)), 0
            while True:
                if not poll.poll(self._stall_seconds * 1000):
                    waited = f"{self._stall_seconds:.0f} s"
                    raise RecoveryError(f"{self._name} was given up: it printed nothing for {waited}.")
                count = os.readv(descriptor, [buffer[filled:]])
                filled += count
                if filled and (not count or filled == BLOCK):
                    yield bytes(buffer[:filled])
                    filled = 0
                if not count:
                    break
            self._check()

    def close(self) -> None:
        """Stops the program if it still runs. Idempotent."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(timeout=30)
        if not self._begun:
            self._output.close()
            self._errors.close()

    def _check(self) -> None:
        status = self._process.wait(timeout=self._stall_seconds)
        if status != 0:
            self._errors.seek(0)
            raise failed(self._name, status, self._errors.read())


class ProgramInput:
    """A program that takes what is written to it. At the end it must have succeeded, or an error is raised."""

    def __init__(self, command: list[str], environment: dict[str, str], seconds: float) -> None:
        self._name, self._seconds, self._late = Path(command[0]).name, seconds, False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the program
        try:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pipesize=BLOCK,
            )
        except OSError as error:
            self._errors.close()
            raise not_started(self._name, error) from error
        assert self._process.stdin is not None
        self._input = self._process.stdin
        # A write waits for the program: only its end can end that.
        self._deadline = threading.Timer(seconds, self._give_up)
        self._deadline.daemon = True
        self._deadline.start()

    def write(self, data: bytes) -> int:
        """Raises:
        RecoveryError: the program failed, or was not done in time. One that has read enough is no error.
        """
        try:
            self._input.write(data)
        except BrokenPipeError:
            self._check()
        return len(data)

    def finish(self) -> None:
        """Waits for its end. Raises as `write` does."""
        with contextlib.suppress(BrokenPipeError):
            self._input.close()
        self._check()

    def close(self) -> None:
        """Stops the program if it still runs. Idempotent."""
        self._deadline.cancel()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(timeout=30)
        with contextlib.suppress(BrokenPipeError):
            self._input.close()
        self._errors.close()

    def _give_up(self) -> None:
        self._late = True
        self._process.kill()

    def _check(self) -> None:
        status = self._process.wait(timeout=self._seconds)
        if self._late:
            raise RecoveryError(f"{self._name} was stopped: it did not finish within {self._seconds:.0f} s.")
        if status != 0:
            self._errors.seek(0)
            raise failed(self._name, status, self._errors.read())


def failed(name: str, status: int, errors: bytes) -> RecoveryError:
    lines = [line for line in errors.decode(errors="replace").splitlines() if line.strip()]
    how = f"was killed by signal {-status}" if status < 0 else f"failed with exit status {status}"
    return RecoveryError(f"{name} {how}: {' / '.join(lines[:3]) or 'it said nothing'}.")


def not_started(name: str, error: OSError) -> RecoveryError:
    remedy = "Install PostgreSQL's client programs, of the server's version or newer, or name their folder."
    return RecoveryError(f"{name} could not be started: {error.strerror}.", remedy=remedy)
