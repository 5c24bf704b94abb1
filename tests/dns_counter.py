"""Stands between a DNS block and the emulated Route 53, and counts the changes of records that pass."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

_HOP = {"connection", "content-length", "transfer-encoding", "host", "date", "server", "content-encoding"}


@dataclass
class Counter:
    """Args:
    url: where it listens.
    changes: how many changes were made so far.
    """

    url: str
    changes: int = 0


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A caller that was killed breaks its connection: nobody has to hear of that."""


@contextlib.contextmanager
def counting_changes(upstream: str) -> Iterator[Counter]:
    """Passes everything on to the server there."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            answer = client.request(self.command, f"{upstream}{self.path}", headers=headers, content=body)
            if self.command == "POST" and "/rrset" in self.path and answer.is_success:
                counter.changes += 1
            with contextlib.suppress(OSError):  # the caller may have been killed meanwhile
                self._answer(answer)

        do_GET = do_POST = pass_on

        def _answer(self, answer: httpx.Response) -> None:
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            pass

    with httpx.Client(trust_env=False, timeout=30) as client, _Server(("127.0.0.1", 0), Handler) as server:
        counter = Counter(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield counter
        finally:
            server.shutdown()
            thread.join(5)
