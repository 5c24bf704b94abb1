"""Running PostgreSQL's own programs: never a password in their arguments, never a wait without an end."""

import contextlib
import os
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from recovery.errors import RecoveryError
from recovery.streams import BLOCK


class Programs:
    """pg_dump and its kin, set up for one server.

    Args:
        folder: where they are, or None for the PATH.
        settings: libpq's environment variables (`PGHOST`, `PGPASSWORD` and so on).
    """

    def __init__(self, folder: str | None, settings: dict[str, str]) -> None:
        self._folder = folder
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        self._environment = inherited | settings | {"LC_ALL": "C"}

    def run(self, *arguments: str, seconds: float, **settings: str) -> str:
        """Runs a program to its end.

        Args:
            seconds: its deadline.
            settings: more environment variables.

        Returns:
            What it printed.

        Raises:
            RecoveryError: it failed, is not installed, or took too long.
        """
        name = arguments[0]
        try:
            process = subprocess.Popen(
                self._command(arguments),
                env=self._environment | settings,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise _not_started(name, error) from error
        with process:
            output, errors = _finish(process, name, seconds)
        if process.returncode != 0:
            raise _failed(name, process.returncode, errors)
        return output.decode(errors="replace")

    def stream(self, *arguments: str, stall_seconds: float) -> "ProgramOutput":
        """Starts a program whose output is read as it comes."""
        return ProgramOutput(self._command(arguments), self._environment, stall_seconds)

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        program = str(Path(self._folder, arguments[0])) if self._folder else arguments[0]
        return [program, *arguments[1:]]


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
            raise _not_started(self._name, error) from error
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
            raise _failed(self._name, status, self._errors.read())


def _finish(process: subprocess.Popen[bytes], name: str, seconds: float) -> tuple[bytes, bytes]:
    try:
        return process.communicate(timeout=seconds)
    except BaseException as error:
        # pg_restore's workers are processes of their own, and would go on.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        if isinstance(error, subprocess.TimeoutExpired):
            raise RecoveryError(f"{name} was stopped: it did not finish within {seconds:.0f} s.") from None
        raise


def _failed(name: str, status: int, errors: bytes) -> RecoveryError:
    lines = [line for line in errors.decode(errors="replace").splitlines() if line.strip()]
    how = f"was killed by signal {-status}" if status < 0 else f"failed with exit status {status}"
    return RecoveryError(f"{name} {how}: {' / '.join(lines[:3]) or 'it said nothing'}.")


def _not_started(name: str, error: OSError) -> RecoveryError:
    remedy = "Install PostgreSQL's client programs, of the server's version or newer, or name their folder."
    return RecoveryError(f"{name} could not be started: {error.strerror}.", remedy=remedy)
