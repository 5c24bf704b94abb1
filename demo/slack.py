"""A stand-in for Slack's Web API. It is not Slack: it keeps messages in a file, and shows how ours would look.

It answers `auth.test`, `chat.postMessage` and `chat.update` under `/api/`, and `GET /messages`. A JSON file of switches
makes it misbehave: `{"slow": 5}` seconds, `{"status": 500}`, `{"status": 429, "retry_after": 2}`, `{"garbage": true}`.

Run it with `SLACK_TOKEN=... python -m demo.slack --listen 127.0.0.60:8065 --messages m.jsonl --switches s.json`.
"""

import argparse
import hmac
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

_MOST_BYTES = 1_000_000


class Workspace:
    """Args:
    token: what callers must show.
    messages: the file they are kept in, one JSON object a line, updates as lines of their own.
    """

    def __init__(self, token: str, messages: Path) -> None:
        self._token, self._messages = token, messages
        self._lock = threading.Lock()

    def call(self, method: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        """One call of the Web API, as Slack would answer it."""
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return {"ok": False, "error": "invalid_auth"}
        if method == "auth.test":
            return {
                "ok": True,
                "team": "Lifeboat demo (stand-in)",
                "user": "lifeboat",
                "user_id": "U0",
                "team_id": "T0",
            }
        if method not in ("chat.postMessage", "chat.update"):
            return {"ok": False, "error": "unknown_method"}
        if not body.get("channel"):
            return {"ok": False, "error": "channel_not_found"}
        if not (body.get("text") or body.get("blocks")):
            return {"ok": False, "error": "no_text"}
        with self._lock:
            if method == "chat.update" and body.get("ts") not in {one["ts"] for one in self.read()}:
                return {"ok": False, "error": "message_not_found"}
            stamp = body["ts"] if method == "chat.update" else f"{time.time():.6f}"
            line = {**body, "ts": stamp, "method": method}
            with self._messages.open("a") as file:
                file.write(json.dumps(line) + "\n")
        return {"ok": True, "channel": body["channel"], "ts": stamp, "message": {"text": body.get("text", "")}}

    def read(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._messages.read_text().splitlines()]


class StandIn(ThreadingHTTPServer):
    """The stand-in as an HTTP server."""

    def __init__(self, address: str, port: int, workspace: Workspace, switches: Path) -> None:
        self.workspace, self.switches = workspace, switches
        super().__init__((address, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    timeout = 10
    server: StandIn

    def do_GET(self) -> None:
        if self.path == "/messages":
            self._send(200, json.dumps(self.server.workspace.read()))
        else:
            self._send(404, "{}")

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), _MOST_BYTES))
        if self._misbehaves():
            return
        fields = _fields(body, self.headers.get("Content-Type", ""))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or str(fields.get("token", ""))
        fields.pop("token", None)
        method = self.path.removeprefix("/api/").partition("?")[0]
        self._send(200, json.dumps(self.server.workspace.call(method, token, fields)))

    def _misbehaves(self) -> bool:
        switches = self.server.switches
        switched = json.loads(switches.read_text()) if switches.exists() else {}
        time.sleep(float(switched.get("slow", 0)))
        if "status" in switched:
            retry = {"Retry-After": str(switched["retry_after"])} if "retry_after" in switched else {}
            self._send(int(switched["status"]), '{"ok": false, "error": "switched"}', retry)
        elif switched.get("garbage"):
            self._send(200, "<html>not what you asked for")
        else:
            return False
        return True

    def _send(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass  # The messages are the record.


def _fields(body: bytes, kind: str) -> dict[str, Any]:
    """JSON or a form. In a form, Slack wants blocks and attachments as JSON text."""
    if kind.startswith("application/json"):
        parsed = json.loads(body or b"{}")
        return parsed if isinstance(parsed, dict) else {}
    fields: dict[str, Any] = dict(parse_qsl(body.decode()))
    for name in ("blocks", "attachments"):
        if name in fields:
            fields[name] = json.loads(fields[name])
    return fields


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.slack", description="A stand-in for Slack")
    parser.add_argument("--listen", required=True, help="ADDRESS:PORT")
    parser.add_argument("--messages", type=Path, required=True)
    parser.add_argument("--switches", type=Path, required=True)
    options = parser.parse_args()
    address, _, port = options.listen.rpartition(":")
    options.messages.parent.mkdir(parents=True, exist_ok=True)
    options.messages.touch()
    workspace = Workspace(os.environ["SLACK_TOKEN"], options.messages)
    StandIn(address, int(port), workspace, options.switches).serve_forever()


if __name__ == "__main__":
    main()
