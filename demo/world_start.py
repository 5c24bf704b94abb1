"""The start of a world: what waits for what."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from demo import world_parts as parts
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

    def run(self) -> WorldState:
        state, processes = self._state, self._processes
        with ThreadPoolExecutor(12) as pool:

            def begin(what: str, start: Callable[..., object], *words: object, **options: object) -> Future[object]:
                return pool.submit(self._measure, what, lambda: start(processes, *words, **options))

            try:
                waiting = [
                    begin("primary site", parts.start_primary, state),
                    begin(
                        "standby database", parts.start_empty_database, "standby-database", state.standby, scratch=False
                    ),
                    begin(
                        "scratch database", parts.start_empty_database, "scratch-database", state.scratch, scratch=True
                    ),
                    begin("vault", start_vault, state.vault, state.folder / "vault"),
                    begin("DNS", parts.start_dns, state),
                    begin("chat (a stand-in)", parts.start_slack, state),
                    begin("cloud (emulated AWS) and gate", self._start_cloud),
                ]
                _all_well(waiting)
                self._measure("customers", lambda: parts.start_customers(processes, self._state))
            except BaseException:
                processes.closed.set()  # So that the other threads come to their ends too.
                raise
        return self._state.model_copy(update={"seconds": self._seconds})

    def _start_cloud(self, processes: Processes) -> None:
        self._state = self._state.model_copy(update={"aws": parts.start_aws(processes, self._state)})
        parts.start_gate(processes, self._state)

    def _measure(self, what: str, start: Callable[[], object]) -> None:
        began = time.monotonic()
        start()
        with self._lock:
            self._seconds[what] = round(time.monotonic() - began, 2)
            self._say(f"{what}: ready after {self._seconds[what]:.1f} s")


def _all_well(waiting: list[Future[object]]) -> None:
    done, left = wait(waiting, timeout=_DEADLINE, return_when=FIRST_EXCEPTION)
    for one in done:
        one.result()
    if left:
        raise RecoveryError(f"The world was not ready within {_DEADLINE:.0f} s.")
