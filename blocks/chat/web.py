"""One POST to a chat's web address, with a deadline for all of it, and what its answer means."""

import contextlib
import json
import time
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from blocks.chat.kind import Limited
from recovery.errors import Refused, Unreachable
from recovery.model import now

LARGEST = 65_536  # bytes of an answer that are read
SHORTEST = 5.0  # seconds to wait where a chat wants fewer calls and does not say how long
TURNED_DOWN = (400, 413, 415, 422)


class Answer:
    """Args:
    status: the HTTP status, one of success.
    text: the first 64 KiB of the body.
    """

    def __init__(self, status: int, text: str) -> None:
        self.status, self.text = status, text

    @property
    def fields(self) -> dict[str, Any]:
        """The body as a JSON object; empty where it is none."""
        with contextlib.suppress(ValueError):
            if isinstance(parsed := json.loads(self.text), dict):
                return parsed
        return {}


def post_json(who: str, url: str, body: bytes, headers: dict[str, str], seconds: float) -> Answer:
    """Posts JSON. An error names `who`, never the address: it may be the secret.

    Args:
        who: the chat, in words for people.
        url: where to.
        body: the JSON.
        headers: more headers.
        seconds: for all of it.

    Raises:
        Limited: 429, or 503 with Retry-After.
        Refused: a status that says that this message will never be taken; the answer is `error.args[1]`.
        Unreachable: anything else.
    """
    deadline = time.monotonic() + seconds
    if not url.startswith(("https://", "http://")):
        raise Unreachable(f"{who} has no web address.")
    try:
        request = Request(url, body, {"Content-Type": "application/json", "User-Agent": "lifeboat", **headers})
        status, answered, text = _exchange(request, deadline)
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(f"{who} could not be reached: {_reason(error)}.") from None
    if status in TURNED_DOWN:
        raise TurnedDown(who, Answer(status, text))
    wait = answered.get("Retry-After")
    if status == 429 or (status == 503 and wait):
        raise Limited(f"{who} wants fewer messages: status {status}.", retry_after(wait))
    if not 200 <= status < 300:
        raise Unreachable(f"{who} did not take the message: status {status}.")
    return Answer(status, text)


def _exchange(request: Request, deadline: float) -> tuple[int, Message, str]:
    """Not by httpx: its log holds the address of every request."""
    seconds = max(0.1, deadline - time.monotonic())
    try:
        with _OPENER.open(request, timeout=seconds) as response:
            return response.status, response.headers, _read(response, deadline)
    except HTTPError as error:
        with error:
            return error.code, error.headers, _read(error, deadline)


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    return type(cause).__name__ if isinstance(cause, Exception) else "URLError"


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """A message is not taken elsewhere: the redirect is the answer."""


_OPENER = build_opener(_NoRedirects)


class TurnedDown(Refused):
    """A message that will never be taken as it is.

    Args:
        who: the chat.
        answer: what it answered.
    """

    def __init__(self, who: str, answer: Answer) -> None:
        self.answer = answer
        super().__init__(f"{who} turned the message down: status {answer.status}.")


def retry_after(value: str | None) -> float:
    """The seconds that a Retry-After header means, a number or a date (RFC 9110); else `SHORTEST`."""
    if value is None:
        return SHORTEST
    with contextlib.suppress(ValueError):
        return max(0.0, float(value)) if value.strip().isdigit() else _until(parsedate_to_datetime(value))
    return SHORTEST


def _until(moment: datetime) -> float:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now()).total_seconds())


def _read(response: Any, deadline: float) -> str:
    raw = b""
    while len(raw) < LARGEST and (chunk := response.read1(LARGEST)):
        raw += chunk
        if time.monotonic() > deadline:
            raise TimeoutError
    return raw[:LARGEST].decode(errors="replace")
