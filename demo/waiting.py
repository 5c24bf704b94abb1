"""Waits with a deadline."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from demo.ports import is_listening
from demo.process_book import tail
from demo.processes import Processes
from recovery.errors import Unreachable

# Never through a proxy: everything here is on this machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def wait_until(ready: Callable[[], bool], what: str, seconds: float, every: float = 0.03) -> float:
    """Asks until the answer is yes.

    Args:
        ready: the question.
        what: what is waited for, as the beginning of a sentence.
        seconds: the deadline.
        every: seconds between two questions.

    Returns:
        How many seconds it took.

    Raises:
        Unreachable: the answer was still no at the deadline.
    """
    start = time.monotonic()
    while not ready():
        if time.monotonic() - start > seconds:
            raise Unreachable(f"{what} was not ready within {seconds:.0f} s.")
        time.sleep(every)
    return time.monotonic() - start


def wait_for_process(processes: Processes, name: str, ready: Callable[[], bool], seconds: float = 30) -> float:
    """Like `wait_until`, but gives up at once when the process has died or the world is being stopped."""

    def check() -> bool:
        if processes.closed.is_set() or not processes.alive().get(name):
            log = processes.known()[name].log if name in processes.known() else None
            raise Unreachable(f"{name} ended before it was ready.{tail(log) if log else ''}")
        return ready()

    return wait_until(check, name, seconds)


def listens(address: str, port: int) -> Callable[[], bool]:
    """The question whether somebody takes TCP connections there."""
    return lambda: is_listening(address, port)


def answers(url: str, status: int = 200, seconds: float = 2.0) -> Callable[[], bool]:
    """The question whether a GET is answered with that status within `seconds`."""

    def ask() -> bool:
        try:
            with _opener.open(url, timeout=seconds) as response:
                return bool(response.status == status)
        except urllib.error.HTTPError as error:
            return error.code == status
        except OSError:
            return False

    return ask


def read_json(url: str, seconds: float = 2.0) -> dict[str, Any]:
    """What a GET is answered with; empty while it is not answered with a JSON object."""
    try:
        with _opener.open(url, timeout=seconds) as response:
            parsed = json.load(response)
    except (OSError, ValueError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def wait_for_http(url: str, seconds: float) -> float:
    """Waits until a GET is answered with 200.

    Returns:
        How many seconds it took.

    Raises:
        Unreachable: it was not, within `seconds`.
    """
    return wait_until(answers(url), url, seconds)


def wait_for_port(address: str, port: int, seconds: float) -> float:
    """Waits until somebody takes TCP connections there. Returns and raises as `wait_for_http`."""
    return wait_until(listens(address, port), f"{address}:{port}", seconds)
