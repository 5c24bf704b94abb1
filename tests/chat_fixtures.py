"""Servers that stand in for chats in tests: they take messages, or misbehave as they are told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# How a chat's server may misbehave: (status, headers, body); None hangs up.
BAD: dict[str, tuple[int, dict[str, str], str] | None] = {
    "500": (500, {}, "no"),
    "500 in JSON": (500, {"Content-Type": "application/json"}, '{"ok": false, "error": "internal_error"}'),
    "429": (429, {"Retry-After": "60"}, '{"ok": false, "error": "ratelimited"}'),
    "a page": (200, {}, "<html>sign in to the Wi-Fi</html>"),
    "a list": (200, {"Content-Type": "application/json"}, "[1]"),
    "an error": (200, {"Content-Type": "application/json"}, '{"ok": false, "error": "channel_not_found"}'),
    "an odd error": (200, {"Content-Type": "application/json"}, '{"ok": false, "error": {"a": ["<b>"]}}'),
    "nothing": (200, {}, ""),
    "hangs up": None,
}


class SlackStandIn:
    """Args:
    answer: makes (status, headers, body) of the number of the request; None hangs up without an answer.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.sent: list[tuple[str, dict[str, str], bytes]] = []  # path, headers and body of each request
        self.answer: Callable[[int], tuple[int, dict[str, str], str] | None] = self.ok
        self.url = ""

    @staticmethod
    def ok(number: int) -> tuple[int, dict[str, str], str]:
        body = {"ok": True, "channel": "C1", "ts": f"1700000000.{number:06d}"}
        return 200, {"Content-Type": "application/json"}, json.dumps(body)


@contextmanager
def slack_stand_in() -> Iterator[SlackStandIn]:
    state, counting = SlackStandIn(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"] or 0))
            body = json.loads(raw) if raw.startswith(b"{") else {}  # auth.test sends none
            with counting:
                state.sent.append((self.path, dict(self.headers.items()), raw))
                state.requests.append({"method": self.path.rpartition("/")[2], **body})
                state.tokens.append(self.headers.get("Authorization", ""))
                number = len(state.requests)
            answer = state.answer(number)
            if answer is None:
                self.close_connection = True
                return
            status, headers, text = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/api/"
    yield state
    server.shutdown()
    server.server_close()
