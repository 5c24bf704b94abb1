"""Copies the journal into the vault as it grows, without ever holding up the run."""

import threading

from blocks.vaults.kind import Vault
from recovery.errors import RecoveryError
from recovery.journal import Journal


class JournalMirror:
    """Writes the whole journal to the vault after each line; lines that come meanwhile go with the next write."""

    def __init__(self, vault: Vault, key: str, journal: Journal) -> None:
        self._vault, self._key, self._journal = vault, key, journal
        self._grown, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._copy, name="journal-mirror", daemon=True)
        self._copied = 0
        self.trouble: str | None = None
        journal.listen(lambda _line: self._grown.set())
        self._thread.start()

    def close(self, deadline: float) -> bool:
        """Writes what is left.

        Args:
            deadline: the seconds to wait for it.

        Returns:
            Whether the vault holds every line.
        """
        self._stop.set()
        self._grown.set()
        self._thread.join(timeout=deadline)
        return self._copied == len(self._journal.lines)

    def _copy(self) -> None:
        while True:
            self._grown.wait()
            self._grown.clear()
            last = self._stop.is_set()
            lines = len(self._journal.lines)
            try:
                self._vault.put(self._key, self._journal.path.read_bytes())
                self._copied, self.trouble = lines, None
            except RecoveryError as error:
                self.trouble = str(error)
            if last:
                return
