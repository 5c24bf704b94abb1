"""Takes the lease in the vault, keeps it alive with a heartbeat, and gives it back."""

import os
import socket
import threading
from datetime import timedelta

from blocks.vaults.kind import ABSENT, Vault
from recovery.errors import Busy, Conflict, Missing, RecoveryError
from recovery.lease import Lease, decide_lease, next_lease
from recovery.model import now

TERM = timedelta(seconds=60)


class LeaseHolder:
    """Holds one application's lease for the length of a `with` block."""

    def __init__(self, vault: Vault, application: str, incident: str, term: timedelta = TERM) -> None:
        self._vault, self._application, self._incident, self._term = vault, application, incident, term
        self._key = f"leases/{application}.json"
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._heartbeat = threading.Thread(target=self._beat, name="lease-heartbeat", daemon=True)
        self.lost: str | None = None

    def __enter__(self) -> "LeaseHolder":
        """Raises:
        Busy: another run holds it.
        Conflict: another run took it in the same moment.
        """
        held, version = self._read()
        decision = decide_lease(held, self._incident, now())
        if decision.verdict == "refuse":
            raise Busy(decision.sentence, remedy=decision.remedy)
        holder = f"{socket.gethostname()} (process {os.getpid()})"
        self._lease = next_lease(held, self._application, self._incident, holder, now(), self._term)
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

    def _read(self) -> tuple[Lease | None, str]:
        try:
            stored = self._vault.get(self._key)
        except Missing:
            return None, ABSENT
        return Lease.model_validate_json(stored.data), stored.version

    def _bytes(self) -> bytes:
        return self._lease.model_dump_json().encode()

    def _beat(self) -> None:
        while not self._stop.wait(self._term.total_seconds() / 3):
            self._renew(released=False)

    def _renew(self, released: bool) -> None:
        """A vault that does not answer costs nothing until the term is over; a lease somebody took is lost."""
        with self._lock:
            self._lease = self._lease.model_copy(update={"until": now() + self._term, "released": released})
            try:
                self._version = self._vault.put(self._key, self._bytes(), expect=self._version)
            except Conflict:
                self.lost = f"Another run took over the lease of {self._application}."
            except RecoveryError:
                return
