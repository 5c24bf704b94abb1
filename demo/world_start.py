"""The start of a world: what waits for what."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from demo import world_parts as parts
from demo.interrupts import uninterruptible
from demo.processes import Processes
from demo.vault import start_vault
from demo.world_state import WorldState
from recovery.errors import RecoveryError

_DEADLINE = 120.0


class WorldStart:
    """Starts all parts, at the same time where they don't need one another."""

    def __init__(self, processes: Processes, state: WorldState, say: Callable[[str], None]) -> None:
        self._processes, self._state, self._say = processes, state, say
        self._seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    def run(self, beside: Callable[[], object] | None = None) -> WorldState:
        """Returns when everything is ready.

        Args:
            beside: something else to be started at the same time.

        Raises:
            RecoveryError: a part did not start.
        """
        with ThreadPoolExecutor(12) as pool:
            try:
                starts = self._starts() | ({"platform": beside} if beside else {})
                _all_well([pool.submit(self._measure, what, start) for what, start in starts.items()])
                self._measure("customers", lambda: parts.start_customers(self._processes, self._state))
            except BaseException:
                with uninterruptible():
                    self._processes.stop_all()  # So that the other threads, which wait for them, come to their ends.
                raise
        return self._state.model_copy(update={"seconds": self._seconds})

    def _starts(self) -> dict[str, Callable[[], object]]:
        """The longest first."""
        state, processes = self._state, self._processes
        empty = parts.start_empty_database
        return {
            "vault": lambda: start_vault(processes, state.vault, state.folder / "vault"),
            "cloud (emulated AWS) and gate": self._start_cloud,
            "primary site": lambda: parts.start_primary(processes, state),
            "standby database": lambda: empty(processes, "standby-database", state.standby, scratch=False),
            "scratch database": lambda: empty(processes, "scratch-database", state.scratch, scratch=True),
            "DNS": lambda: parts.start_dns(processes, state),
            "chat (a stand-in)": lambda: parts.start_slack(processes, state),
        }

    def _start_cloud(self) -> None:
        self._state = self._state.model_copy(update={"aws": parts.start_aws(self._processes, self._state)})
        parts.start_gate(self._processes, self._state)

    def _measure(self, what: str, start: Callable[[], object]) -> None:
        began = time.monotonic()
        start()
        with self._lock:
            self._seconds[what] = round(time.monotonic() - began, 2)
            self._say(f"{what}: ready after {self._seconds[what]:.1f} s")


def _all_well(waiting: list[Future[None]]) -> None:
    done, left = wait(waiting, timeout=_DEADLINE, return_when=FIRST_EXCEPTION)
    for one in done:
        one.result()
    if left:
        raise RecoveryError(f"The world was not ready within {_DEADLINE:.0f} s.")
