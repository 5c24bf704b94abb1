"""A program on the restored copy: asked, bounded, and ended with all that it started."""

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from demo.ports import free_port
from recovery.errors import NotProved, RecoveryError
from tasks.smoke_child import ask, run_to_its_end

SHOW = (sys.executable, "-c", "import os; print(sorted(os.environ))")


def test_it_sees_the_copies_and_no_credential_of_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    said = run_to_its_end(SHOW, {"LIFEBOAT_DATABASE_DSN": "postgresql://x"}, tmp_path, 20)
    assert "LIFEBOAT_DATABASE_DSN" in said
    assert "AWS_SECRET_ACCESS_KEY" not in said


def test_how_it_fails_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotProved, match=r"exit code 3 on the restored copy: no such order\."):
        run_to_its_end((sys.executable, "-c", "import sys; print('no such order'); sys.exit(3)"), {}, tmp_path, 20)
    with pytest.raises(RecoveryError, match=r"no-such-program could not be started"):
        run_to_its_end(("no-such-program",), {}, tmp_path, 20)


def test_one_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    mark = f"{time.monotonic_ns() % 10**6 + 10**6}"
    command = ("sh", "-c", f"sleep {mark} & sleep {mark}")
    with pytest.raises(NotProved, match=r"sh did not end within 0\.3 s"):
        run_to_its_end(command, {}, tmp_path, 0.3)
    lines = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    assert not [line for line in lines if line[-1:] == [mark]]


@pytest.mark.slow
def test_a_server_is_asked_and_ended(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "order.txt").write_text("order 1007")
    port = free_port("127.0.0.1")
    serve = ("sh", "-c", f'exec "{sys.executable}" -m http.server -b 127.0.0.1 -d "$LIFEBOAT_UPLOADS_FOLDER" {port}')
    where = {"LIFEBOAT_UPLOADS_FOLDER": str(tmp_path / "copy")}
    assert ask(serve, f"http://127.0.0.1:{port}/order.txt", where, tmp_path, 30) == "order 1007"
    assert not [
        one for one in psutil.net_connections() if one.laddr and one.laddr.port == port and one.status == "LISTEN"
    ]
    with pytest.raises(NotProved, match=r"did not answer from the restored copy within 2 s: status 404"):
        ask(serve, f"http://127.0.0.1:{port}/none.txt", where, tmp_path, 2)
    with pytest.raises(NotProved, match="ended by itself, 4"):
        ask(("sh", "-c", "exit 4"), f"http://127.0.0.1:{port}/", where, tmp_path, 5)
    assert [each.name for each in (tmp_path / "copy").iterdir()] == ["order.txt"]


def test_an_answer_of_the_live_application_is_none_of_the_copy(tmp_path: Path) -> None:
    live = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=live.serve_forever, daemon=True).start()
    try:
        with pytest.raises(RecoveryError, match="answered with status 501 before anything was started") as raised:
            ask(("sleep", "60"), f"http://127.0.0.1:{live.server_port}/", {}, tmp_path, 5)
        assert not isinstance(raised.value, NotProved)
    finally:
        live.shutdown()
        live.server_close()
