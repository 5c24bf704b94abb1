"""Starts `play.py` and reads what it says."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import psutil

PLAY = Path(__file__).with_name("play.py")
# How long a run may take to end once it was told to.
GRACE_SECONDS = 20.0


def run_child(
    order: Mapping[str, Any], environment: Mapping[str, str], take: Callable[[dict[str, Any]], None], seconds: float
) -> None:
    """Runs one playbook in a child process, to its end.

    Args:
        order: what `play.py` wants to know.
        environment: the whole environment of Ansible.
        take: takes each thing it says. If it raises, the run is ended, processes on this machine included.
        seconds: how long the playbook may take. The child sees to that itself; it is killed if it does not.
    """
    child = subprocess.Popen(
        # -P: `ansible.py`, beside the script, must not stand in for Ansible.
        [sys.executable, "-P", str(PLAY)],
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
        start_new_session=True,
        umask=0o077,
    )
    timer = threading.Timer(seconds + GRACE_SECONDS, _kill, [child])
    timer.daemon = True
    timer.start()
    try:
        _send(child.stdin, order)
        for line in child.stdout or ():
            take(_decode(line))
    finally:
        timer.cancel()
        _end(child)


def _send(stream: IO[str] | None, order: Mapping[str, Any]) -> None:
    """The input stays open after this: its end tells the child that nobody waits for it any more."""
    if stream:
        stream.write(json.dumps(order) + "\n")
        stream.flush()


def _decode(line: str) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError:
        return {"event": "verbose", "text": line.rstrip()}
    return said


def _end(child: subprocess.Popen[str]) -> None:
    if child.stdin:
        child.stdin.close()
    if child.stdout:
        # What it says from now on is of no use, but a full pipe would hold it up.
        threading.Thread(target=child.stdout.read, daemon=True).start()
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _kill(child)
        child.wait()


def _kill(child: subprocess.Popen[str]) -> None:
    """With all that is below it: Ansible and its modules run in sessions of their own."""
    if child.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in [*psutil.Process(child.pid).children(recursive=True), psutil.Process(child.pid)]:
                process.kill()
