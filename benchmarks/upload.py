"""How fast chunks of 32 MiB reach an S3 server: the vault, and obstore, which is the fastest client that we know.

Usage: `.venv/bin/python benchmarks/upload.py [--chunks 32] [--rounds 3] [--folder DIR]`. Once to a server that only
counts, once to SeaweedFS on disk, two uploads at a time as a backup does. `obstore` is no dependency of ours: where it
is not installed (`.venv/bin/uv pip install obstore`) that side is left out, and said so.
"""

import argparse
import http.server
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

from measure import in_turns, print_table
from running import free_port, reachable, workspace
from servers import ACCESS, BUCKET, REGION, SECRET, s3_store, vault_at

CHUNK = 32 * 1024 * 1024
OURS = "the vault: boto3, two threads, SHA-256"


class Counting(http.server.BaseHTTPRequestHandler):
    """Reads what is put and keeps none of it."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        left, buffer = int(self.headers["Content-Length"]), memoryview(bytearray(1 << 20))
        if self.headers.get("Expect"):
            self.send_response_only(100)
            self.end_headers()
        while left and (count := self.rfile.readinto(buffer[: min(left, len(buffer))])):
            left -= count
        self.send_response(200)
        self.send_header("ETag", '"counted"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def uploads(put: Callable[[str], object], chunks: int) -> Callable[[], None]:
    def side() -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(put, [f"{secrets.token_hex(4)}/{number}" for number in range(chunks)]))

    return side


def compare(url: str, chunks: int, rounds: int) -> None:
    data, vault = os.urandom(CHUNK), vault_at(url, "ours/")
    sides = {OURS: uploads(lambda key: vault.put(key, data), chunks)}
    if find_spec("obstore"):
        import obstore
        from obstore.store import S3Store

        store = S3Store(
            BUCKET,
            endpoint=url,
            access_key_id=ACCESS,
            secret_access_key=SECRET,
            region=REGION,
            checksum_algorithm="sha256",
            client_options={"allow_http": True},
        )
        sides["obstore, SHA-256"] = uploads(
            lambda key: obstore.put(store, f"obstore/{key}", data, use_multipart=False), chunks
        )
    else:
        print("Left out, for it is not installed: obstore")
    seconds = in_turns(sides, rounds)
    print_table(seconds, OURS, {"obstore, SHA-256": 1.0})
    for name, times in seconds.items():
        print(f"{name}: {chunks * CHUNK / 1e6 / min(times):,.0f} MB/s at the fastest")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        http.server.ThreadingHTTPServer(("127.0.0.1", arguments.serve), Counting).serve_forever()
    port = free_port()
    server = subprocess.Popen([sys.executable, __file__, "--serve", str(port)])
    try:
        deadline = time.monotonic() + 20
        while not reachable(port) and time.monotonic() < deadline:
            time.sleep(0.05)
        print("To a server that only counts:")
        compare(f"http://127.0.0.1:{port}", arguments.chunks, arguments.rounds)
    finally:
        server.kill()
        server.wait(10)
    with workspace(arguments.folder) as folder, s3_store(folder) as url:
        print("To SeaweedFS on disk:")
        compare(url, arguments.chunks, arguments.rounds)


if __name__ == "__main__":
    main()
