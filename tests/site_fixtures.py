"""A primary site for tests: an HTTP server that takes writes, behind a door that follows a security group."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """Opens and shuts a real port as `is_open` tells, looked at many times a second."""

    def __init__(self, is_open: Callable[[], bool]) -> None:
        self._is_open, self._stop = is_open, threading.Event()
        self.writes = 0
        self._server: ThreadingHTTPServer | None = self._listen(0)
        self.port = int(self._server.server_address[1])
        self._watch = threading.Thread(target=self._follow, daemon=True)
        self._watch.start()

    def close(self) -> None:
        self._stop.set()
        self._watch.join(5)
        self._shut()

    def _follow(self) -> None:
        while not self._stop.wait(0.05):
            if not self._is_open():
                self._shut()
            elif self._server is None:
                self._server = self._listen(self.port)

    def _listen(self, port: int) -> ThreadingHTTPServer:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                site.writes += 1
                self.send_response(201)
                self.end_headers()

            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server

    def _shut(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
