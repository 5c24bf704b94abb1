"""Tries whether a connection, or a write, still gets through to an endpoint."""

import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

import httpx
from pydantic import AfterValidator


class Attempt(NamedTuple):
    """What came of trying one endpoint. `sentence` says what was tried and what was seen."""

    closed: bool
    sentence: str


def parse_endpoint(text: str) -> str:
    """Raises `ValueError` unless it is `tcp://host:port` or an http or https address without a password."""
    parts = urlsplit(text)
    if parts.scheme not in ("tcp", "http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError(f"{parts.scheme or 'this'} is no endpoint: write tcp://host:port or http://host:port/path")
    if parts.scheme == "tcp" and not parts.port:
        raise ValueError("a tcp endpoint needs a port, such as tcp://192.0.2.10:5432")
    return text


Endpoint = Annotated[str, AfterValidator(parse_endpoint)]


def attempt(endpoint: str, timeout: float, refused: Sequence[int] = ()) -> Attempt:
    """Tries to connect, and where the endpoint speaks HTTP and lets us in, to write.

    Only a connection that is refused, or dropped until the time-out, counts as closed. A name that does not resolve or
    a network that is away says nothing about the fence, and an endpoint that takes the connection is open, whatever it
    answers.

    Args:
        endpoint: `tcp://host:port` or an http(s) address; the latter is sent a POST of an empty JSON object.
        timeout: for connecting, and for the answer, in seconds.
        refused: statuses that mean that the write was refused on purpose; by default there are none.
    """
    parts = urlsplit(endpoint)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    try:
        socket.create_connection((parts.hostname or "", port), timeout=timeout).close()
    except ConnectionRefusedError:
        return Attempt(True, f"a connection to {endpoint} was refused")
    except TimeoutError:
        return Attempt(True, f"a connection to {endpoint} got no answer within {timeout:g} s")
    except OSError as error:
        return Attempt(False, f"{endpoint} could not be tried: {error.strerror or type(error).__name__}")
    if parts.scheme == "tcp":
        return Attempt(False, f"{endpoint} still takes connections")
    try:
        answer = httpx.post(endpoint, json={}, timeout=timeout, trust_env=False, follow_redirects=False)
    except httpx.HTTPError as error:
        return Attempt(False, f"{endpoint} still takes connections (then {type(error).__name__})")
    return Attempt(
        answer.status_code in refused, f"a write to {endpoint} was answered with status {answer.status_code}"
    )


def attempt_all(endpoints: Sequence[str], timeout: float, settle: float, refused: Sequence[int] = ()) -> list[Attempt]:
    """Tries every endpoint at once, again until all are closed or the time to settle is over.

    Args:
        endpoints: what to try.
        timeout: for one try of one endpoint, in seconds.
        settle: how long they may take to close, in seconds.
        refused: see `attempt`.
    """
    deadline = time.monotonic() + settle
    with ThreadPoolExecutor(max_workers=max(1, len(endpoints))) as pool:
        while True:
            tried = list(pool.map(lambda each: attempt(each, timeout, refused), endpoints))
            if all(each.closed for each in tried) or time.monotonic() >= deadline:
                return tried
            time.sleep(0.05)
