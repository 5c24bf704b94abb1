"""Running PostgreSQL's own programs: never a password in their arguments, never a wait without an end."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from blocks.sources.postgresql_pipes import ProgramInput, ProgramOutput, failed, not_started
from recovery.errors import RecoveryError


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
            raise not_started(name, error) from error
        with process:
            output, errors = _finish(process, name, seconds)
        if process.returncode != 0:
            raise failed(name, process.returncode, errors)
        return output.decode(errors="replace")

    def stream(self, *arguments: str, stall_seconds: float) -> ProgramOutput:
        """Starts a program whose output is read as it comes."""
        return ProgramOutput(self._command(arguments), self._environment, stall_seconds)

    def feed(self, *arguments: str, seconds: float, **settings: str) -> ProgramInput:
        """Starts a program that is written to. It is killed when the seconds are over."""
        return ProgramInput(self._command(arguments), self._environment | settings, seconds)

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        program = str(Path(self._folder, arguments[0])) if self._folder else arguments[0]
        return [program, *arguments[1:]]


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
