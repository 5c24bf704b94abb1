"""A stand-in for a cloud's API that writes down every request and answers as told. It shows calls, no behaviour."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Recorder:
    """`by_method` answers where it names the method, else `answer` does."""

    url: str
    answer: Answer
    by_method: dict[str, Answer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def written(self) -> list[Request]:
        """Those that are not reads: Google's client reads about a bucket by itself, beside what it is asked for."""
        return [each for each in self.requests if each.method != "GET"]


@contextlib.contextmanager
def recording(usual: Answer) -> Iterator[Recorder]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            names = {name.lower(): value for name, value in self.headers.items()}
            recorder.requests.append(Request(self.command, self.path, names, body))
            answer = recorder.by_method.get(self.command, recorder.answer)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        recorder = Recorder(f"http://127.0.0.1:{server.server_address[1]}", usual)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join(timeout=5)
