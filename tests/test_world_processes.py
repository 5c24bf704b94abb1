"""Processes are started, found again, and stopped with all that they started."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from demo.process_tree import marked
from demo.processes import Processes
from demo.waiting import wait_until
from recovery.errors import RecoveryError

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
# Its child leaves its session and outlives it.
ORPHANS = (
    "import subprocess, sys;"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)"
)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    found = Processes(tmp_path / "processes.json", tmp_path / "logs")
    yield found
    found.stop_all()


def test_another_program_stops_them_by_the_book(processes: Processes, tmp_path: Path) -> None:
    pid = processes.start("one", SLEEP).pid
    assert processes.alive() == {"one": True}
    Processes(tmp_path / "processes.json", tmp_path / "logs").stop_all()
    wait_until(lambda: not processes.alive(), "the end", seconds=5)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_recycled_pid_is_left_alone(processes: Processes) -> None:
    started = processes.start("one", SLEEP)
    with processes._book.changed() as known:
        known["one"] = started.model_copy(update={"created": started.created - 10})
    processes.stop("one")
    assert psutil.pid_exists(started.pid)
    assert [one.pid for one in marked(processes.mark)] == [started.pid]


def test_who_does_not_listen_is_killed(processes: Processes) -> None:
    started = processes.start("deaf", [sys.executable, "-c", DEAF], grace=0.2)
    wait_until(lambda: "deaf" in started.log.read_text(), "the start", seconds=5)
    processes.stop("deaf")
    assert processes.alive() == {}
    assert not marked(processes.mark)


def test_orphans_are_found_by_their_mark(processes: Processes) -> None:
    processes.start("parent", [sys.executable, "-c", ORPHANS])
    wait_until(lambda: not processes.alive()["parent"], "the parent's end", seconds=5)
    assert len(marked(processes.mark)) == 1
    processes.stop_all()
    assert not marked(processes.mark)


def test_a_failing_program_says_why(processes: Processes) -> None:
    with pytest.raises(RecoveryError, match=r"failed with exit code 3.*no such luck"):
        processes.run("fails", [sys.executable, "-c", "print('no such luck'); raise SystemExit(3)"], seconds=10)
    with pytest.raises(RecoveryError, match="longer than"):
        processes.run("slow", SLEEP, seconds=0.2)
    assert not marked(processes.mark)


def test_nothing_is_started_while_the_world_is_being_stopped(processes: Processes) -> None:
    processes.stop_all()
    with pytest.raises(RecoveryError, match="being stopped"):
        processes.start("late", SLEEP)


def test_a_killed_process_stands_in_the_book_as_dead(processes: Processes) -> None:
    processes.start("one", SLEEP, stop_signal=signal.SIGINT)
    processes.stop("one", kill=True)
    assert processes.alive() == {"one": False}
