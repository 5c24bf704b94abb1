"""Running programs as the system user who owns a cluster: PostgreSQL refuses to be run by root."""

import os
import pwd
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from recovery.errors import RecoveryError


def run_as(user: str, line: list[str], environment: dict[str, str], seconds: float) -> tuple[int, str, str]:
    """Runs a program to its end, with all that it starts.

    Returns:
        Its exit status, what it printed, what it said went wrong.
    """
    try:
        process = subprocess.Popen(
            line,
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            **becoming(user),
        )
    except OSError as error:
        remedy = f"Install {line[0]} (Debian: pgbackrest and postgresql), or name its folder."
        raise RecoveryError(f"{line[0]} could not be started: {error.strerror}.", remedy=remedy) from error
    with process:
        try:
            output, errors = process.communicate(timeout=seconds)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise RecoveryError(f"{line[0]} was stopped: it did not finish within {seconds:.0f} s.") from None
            raise
    return process.returncode, output.decode(errors="replace"), errors.decode(errors="replace")


def becoming(user: str) -> dict[str, Any]:
    """What makes a child process another user: only root can, and nobody else has to."""
    found = _other(user)
    if found is None:
        return {}
    groups = os.getgrouplist(found.pw_name, found.pw_gid)
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": groups}


def give(path: Path, user: str) -> None:
    """Makes a user the owner of one file or folder, where we are root."""
    if found := _other(user):
        os.chown(path, found.pw_uid, found.pw_gid)


def _other(user: str) -> pwd.struct_passwd | None:
    if not user or os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise RecoveryError(f"This machine has no system user {user}.") from None
