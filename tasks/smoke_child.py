"""A program that is started on a restored copy, and ended whatever happens."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx

from recovery.errors import NotProved, RecoveryError

LONGEST_SHOWN = 300
PAUSE = 0.2  # seconds between two requests
GRACE = 5.0  # seconds to end by itself once it is asked to


def run_to_its_end(command: Sequence[str], where: Mapping[str, str], folder: Path, within: float) -> str:
    """Runs a command on the copy.

    Args:
        command: a program and its words; no shell.
        where: the copies, as environment variables. Nothing else of this process's environment but the PATH is passed
            on, so that the command finds no credential of a live place.
        folder: a private one to run in.
        within: seconds.

    Returns:
        What it printed.

    Raises:
        NotProved: it ended with another exit code than 0, or not in time.
        RecoveryError: it could not be started.
    """
    with _started(command, where, folder) as child:
        try:
            child.wait(within)
        except subprocess.TimeoutExpired:
            raise NotProved(f"{command[0]} did not end within {within:g} s on the restored copy.") from None
    said = _said(folder)
    if child.returncode:
        raise NotProved(f"{command[0]} ended with exit code {child.returncode} on the restored copy: {_short(said)}")
    return said


def ask(command: Sequence[str], url: str, where: Mapping[str, str], folder: Path, within: float) -> str:
    """Starts a command on the copy, asks it at an address until it answers 200, and ends it.

    Returns:
        The answer.

    Raises:
        NotProved: it never answered 200 in time, or ended before.
        RecoveryError: it could not be started, or something else answers at that address.
    """
    deadline, seen = time.monotonic() + within, "no answer"
    with httpx.Client(trust_env=False, timeout=min(5.0, within)) as client:
        _must_be_silent(client, url)
        with _started(command, where, folder) as child:
            while time.monotonic() < deadline:
                answer: httpx.Response | None = None
                try:
                    answer = client.get(url)
                    seen = f"status {answer.status_code}"
                except httpx.HTTPError as error:
                    seen = type(error).__name__
                # Looked at after the answer: another's must not pass for that of a child that could not even start.
                if child.poll() is not None:
                    raise NotProved(f"{command[0]} ended by itself, {child.returncode}: {_short(_said(folder))}")
                if answer is not None and answer.status_code == httpx.codes.OK:
                    return answer.text
                time.sleep(PAUSE)
    raise NotProved(f"{url} did not answer from the restored copy within {within:g} s: {seen}.")


def _must_be_silent(client: httpx.Client, url: str) -> None:
    """Whatever answers there before the copy's application runs is not it: the live one, maybe."""
    try:
        answer = client.get(url)
    except httpx.HTTPError:
        return
    raise RecoveryError(
        f"{url} answered with status {answer.status_code} before anything was started on the restored copy.",
        remedy="Give the copy's application an address that nothing else answers at.",
    )


@contextlib.contextmanager
def _started(command: Sequence[str], where: Mapping[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LANG": "C.UTF-8", **where}
    with (folder / "output").open("wb") as output:
        try:
            child = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise RecoveryError(f"{command[0]} could not be started: {error.strerror}.") from error
    try:
        yield child
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends it and all that it started: they lead a session of their own."""
    for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, GRACE)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience)


def _said(folder: Path) -> str:
    return (folder / "output").read_text(errors="backslashreplace")


def _short(text: str) -> str:
    return f"{' '.join(text.split())[-LONGEST_SHOWN:] or 'it said nothing'}."
