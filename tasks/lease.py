"""Takes the lease in the vault, keeps it alive with a heartbeat, and gives it back."""

import os
import socket
import threading
import time
from datetime import timedelta

from blocks.vaults.kind import ABSENT, Vault
from recovery.errors import Busy, Conflict, Missing, RecoveryError
from recovery.lease import Lease, decide_lease, next_lease
from recovery.model import now
from tasks.processes import is_dead, this_process

TERM = timedelta(seconds=60)
BEATS = 3  # heartbeats a term
LOOK = 0.5  # seconds between two looks at a lease that is waited for


def who_holds(vault: Vault, application: str) -> str | None:
    """The incident whose run holds a lease right now, or None. Takes nothing."""
    held, _ = read_lease(vault, _key(application))
    decision = decide_lease(held, now(), dead=held is not None and is_dead(held.process))
    return held.incident if held is not None and decision.verdict == "refuse" else None


def read_lease(vault: Vault, key: str) -> tuple[Lease | None, str]:
    """The lease that lies there, and its version."""
    try:
        stored = vault.get(key)
    except Missing:
        return None, ABSENT
    return Lease.model_validate_json(stored.data), stored.version


def _key(application: str) -> str:
    return f"leases/{application}.json"


class LeaseHolder:
    """Holds one application's lease for the length of a `with` block."""

    def __init__(
        self, vault: Vault, application: str, incident: str, term: timedelta = TERM, wait: timedelta = timedelta()
    ) -> None:
        """Args:
        term: how long the lease lives without a heartbeat.
        wait: how long to wait for another holder's lease to lapse; one that is alive goes on renewing it.
        """
        self._vault, self._application, self._incident, self._term = vault, application, incident, term
        self._key, self._wait = _key(application), wait
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._heartbeat = threading.Thread(target=self._beat, name="lease-heartbeat", daemon=True)
        self.lost: str | None = None

    def __enter__(self) -> "LeaseHolder":
        """Raises:
        Busy: another run holds it.
        Conflict: another run took it in the same moment.
        """
        held, version = self._await_free()
        holder = f"{socket.gethostname()} (process {os.getpid()})"
        mine = (self._application, self._incident, holder, now(), self._term, this_process())
        self._lease = next_lease(held, *mine)
        try:
            self._version = self._vault.put(self._key, self._bytes(), expect=version)
        except Conflict as error:
            raise Conflict(
                f"Another run took the lease of {self._application} in this moment.", remedy="Follow that run."
            ) from error
        self._heartbeat.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._heartbeat.join(timeout=30)
        if self.lost is None:
            self._renew(released=True)

    @property
    def number(self) -> int:
        """Grows with every holder."""
        return self._lease.number

    def taken_over(self) -> str | None:
        """Says so, where this run must not act any more: another one has the lease, or may have it.

        A process that was stopped for a while wakes up before its heartbeat does: where that is late, it is asked here.
        """
        if self.lost is None and now() > self._lease.until - self._term * (1 - 2 / BEATS):
            self._renew(released=False)
            if self.lost is None and now() > self._lease.until:
                return f"The lease of {self._application} lapsed, and the vault does not say who has it now."
        return self.lost

    def _lose_or_catch_up(self) -> None:
        """A write whose answer was lost on the way did take place: then what is there is this run's own."""
        try:
            held, version = self._read()
        except RecoveryError:
            return
        mine = (self._lease.number, self._lease.incident, self._lease.process)
        if held is not None and (held.number, held.incident, held.process) == mine:
            self._lease, self._version = held, version
        else:
            self.lost = f"Another run took over the lease of {self._application}."

    def _await_free(self) -> tuple[Lease | None, str]:
        deadline = time.monotonic() + self._wait.total_seconds()
        while True:
            held, version = self._read()
            decision = decide_lease(held, now(), dead=held is not None and is_dead(held.process))
            if decision.verdict != "refuse":
                return held, version
            if time.monotonic() > deadline:
                raise Busy(decision.sentence, remedy=decision.remedy)
            self._stop.wait(LOOK)

    def _read(self) -> tuple[Lease | None, str]:
        return read_lease(self._vault, self._key)

    def _bytes(self) -> bytes:
        return self._lease.model_dump_json().encode()

    def _beat(self) -> None:
        while not self._stop.wait(self._term.total_seconds() / BEATS):
            self._renew(released=False)

    def _renew(self, released: bool) -> None:
        """A vault that does not answer costs nothing until the term is over; a lease somebody took is lost."""
        with self._lock:
            renewed = self._lease.model_copy(update={"until": now() + self._term, "released": released})
            try:
                self._version = self._vault.put(self._key, renewed.model_dump_json().encode(), expect=self._version)
            except Conflict:
                self._lose_or_catch_up()
            except RecoveryError:
                return
            else:
                self._lease = renewed
