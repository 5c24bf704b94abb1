"""The processes of a world: in sessions of their own, written down at once, stopped by whoever finds the book."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from demo.process_book import ProcessBook, Started, tail
from demo.process_tree import MARK, find, kill_marked, kill_tree, stop_tree
from recovery.errors import RecoveryError


class Processes:
    """A book of processes in one file, which several programs may write to.

    Args:
        book: the file. Its folder's path marks every process that is started.
        logs: the folder for their output.
    """

    def __init__(self, book: Path, logs: Path) -> None:
        self._book, self._logs = ProcessBook(book), logs
        self.mark = str(book.parent)
        self.closed = threading.Event()
        self._lock = threading.RLock()
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        env: Mapping[str, str] | None = None,
        *,
        stop_signal: int = signal.SIGTERM,
        grace: float = 5.0,
    ) -> Started:
        """Starts a process with its output in `<logs>/<name>.log`. One of that name that still runs is stopped first.

        Args:
            name: what it is called in the book.
            argv: the program and its arguments. No secrets: everybody can read them.
            env: variables on top of the caller's own.
            stop_signal, grace: see `Started`.

        Raises:
            RecoveryError: the world is being stopped, or the program is not there.
        """
        self.stop(name)
        with self._lock, self._book.changed() as known:
            if self.closed.is_set():
                raise RecoveryError(f"{name} was not started: the demo is being stopped.")
            log = self._logs / f"{name}.log"
            child = self._spawn(name, argv, env or {}, log)
            created = psutil.Process(child.pid).create_time()
            started = Started(pid=child.pid, created=created, log=log, stop_signal=int(stop_signal), grace=grace)
            known[name] = started
        return started

    def run(self, name: str, argv: Sequence[str | Path], seconds: float) -> None:
        """Runs a program to its end.

        Raises:
            RecoveryError: it failed, was stopped, or took longer than `seconds`.
        """
        started = self.start(name, argv, grace=0.1)
        child = self._children.get(started.pid)
        try:
            code = child.wait(timeout=seconds) if child else -signal.SIGKILL
        except subprocess.TimeoutExpired as error:
            raise RecoveryError(f"{name} took longer than {seconds:.0f} s.{tail(started.log)}") from error
        finally:
            self.stop(name)
        if code:
            raise RecoveryError(f"{name} failed with exit code {code}.{tail(started.log)}")

    def stop(self, name: str, *, kill: bool = False) -> None:
        """Stops a process and all its descendants; does nothing if it does not run.

        Args:
            name: what it is called in the book.
            kill: with SIGKILL at once. It stays in the book, as dead.
        """
        if started := self.known().get(name):
            self._stop(started, kill=kill)
            if kill:
                return
            with self._lock, self._book.changed() as known:
                if known.get(name) == started:
                    del known[name]

    def stop_all(self) -> None:
        """Stops every process in the book, and kills every other one that carries the world's mark.

        Meanwhile, and until `closed` is cleared, nothing new is started.
        """
        with self._lock:
            self.closed.set()
        if names := list(self.known()):
            with ThreadPoolExecutor(len(names)) as pool:
                list(pool.map(self.stop, names))
        kill_marked(self.mark)

    def known(self) -> dict[str, Started]:
        """What stands in the book, alive or not."""
        return self._book.read()

    def alive(self) -> dict[str, bool]:
        return {name: find(started.pid, started.created) is not None for name, started in self.known().items()}

    def _spawn(
        self, name: str, argv: Sequence[str | Path], env: Mapping[str, str], log: Path
    ) -> subprocess.Popen[bytes]:
        self._logs.mkdir(parents=True, exist_ok=True)
        words = [str(word) for word in argv]
        with log.open("ab") as output:
            try:
                child = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **env, MARK: self.mark},
                    cwd=Path(__file__).parents[1],
                    start_new_session=True,
                )
            except OSError as error:
                raise RecoveryError(f"{name} could not be started: {error.strerror}: {words[0]}.") from error
        self._children[child.pid] = child
        return child

    def _stop(self, started: Started, *, kill: bool) -> None:
        if process := find(started.pid, started.created):
            if kill:
                kill_tree(process)
            else:
                stop_tree(process, signal.Signals(started.stop_signal), started.grace)
        if child := self._children.pop(started.pid, None):
            child.poll()
