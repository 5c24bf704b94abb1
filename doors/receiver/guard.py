"""What stands before everything else: too much, too fast and too slow is turned away before it is parsed."""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
MOST_ADDRESSES = 10_000
SLOWEST = 10.0  # seconds for a whole body


class TooLarge(Exception):
    """The body has more bytes than it may."""


class Buckets:
    """So many requests a second of each address, and as many again at once. Addresses not heard of lately go first."""

    def __init__(self, a_second: float) -> None:
        self._rate, self._room = a_second, 2 * a_second
        self._level: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str, at: float) -> bool:
        """Whether one more may come in now; `at` is monotonic, in seconds."""
        level, before = self._level.pop(address, (self._room, at))
        level = min(self._room, level + (at - before) * self._rate)
        self._level[address] = (level - 1 if level >= 1 else level, at)
        while len(self._level) > MOST_ADDRESSES:
            self._level.popitem(last=False)
        return level >= 1


class Guard:
    """Wraps the application.

    Args:
        app: what is behind it.
        largest_body: bytes.
        most_a_second: requests of one address.
    """

    def __init__(self, app: App, largest_body: int, most_a_second: int) -> None:
        self._app, self._largest = app, largest_body
        self._buckets = Buckets(most_a_second)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        guarded = _with_headers(send)
        address = (scope.get("client") or ("unknown", 0))[0]
        if not self._buckets.take(address, time.monotonic()):
            return await _answer(guarded, 429, "Too many requests.", {"retry-after": "1"})
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not declared.isdigit() or int(declared[:20]) > self._largest:
            return await _answer(guarded, 413, f"At most {self._largest} bytes.", {"connection": "close"})
        return await self._app(scope, self._counted(receive), guarded)

    def _counted(self, receive: Receive) -> Receive:
        """A body without a declared length is counted as it comes; a slow one ends."""
        so_far, deadline = 0, time.monotonic() + SLOWEST

        async def counted() -> MutableMapping[str, Any]:
            nonlocal so_far
            if so_far < 0:
                return await receive()
            async with asyncio.timeout(max(0.01, deadline - time.monotonic())):
                message = await receive()
            so_far += len(message.get("body", b""))
            if so_far > self._largest:
                raise TooLarge
            if not message.get("more_body"):
                so_far = -1  # the whole of it is here; what comes now is the end of the connection
            return message

        return counted


def _with_headers(send: Send) -> Send:
    async def guarded(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            extra = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message["headers"] = [*message.get("headers", ()), *extra]
        await send(message)

    return guarded


async def _answer(send: Send, status: int, detail: str, headers: dict[str, str]) -> None:
    body = json.dumps({"detail": detail}).encode()
    fields = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    raw = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
