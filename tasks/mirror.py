"""Copies the journal into the vault as it grows, without ever holding up the run."""

import threading

from blocks.vaults.kind import ABSENT, Vault
from recovery.errors import Conflict, Missing, RecoveryError
from recovery.journal import Journal


class JournalMirror:
    """Writes the whole journal to the vault after each line; lines that come meanwhile go with the next write.

    Only over what it wrote itself, or what an earlier run of the incident wrote: a run that was taken over and wakes up
    late must not overwrite the journal of the one that went on.
    """

    def __init__(self, vault: Vault, key: str, journal: Journal) -> None:
        self._vault, self._key, self._journal = vault, key, journal
        self._grown, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._copy, name="journal-mirror", daemon=True)
        self._copied, self._version = 0, ""
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
                self._put(self._journal.path.read_bytes())
                self._copied, self.trouble = lines, None
            except RecoveryError as error:
                self.trouble = str(error)
            if last:
                return

    def _put(self, data: bytes) -> None:
        try:
            self._version = self._vault.put(self._key, data, expect=self._version or self._known(data))
        except Conflict:
            # Perhaps its own write, whose answer was lost on the way.
            self._version = self._vault.put(self._key, data, expect=self._known(data))

    def _known(self, data: bytes) -> str:
        """The version that is there, where it is the beginning of what is to be written.

        Raises:
            Conflict: it is another story.
        """
        try:
            there = self._vault.get(self._key)
        except Missing:
            return ABSENT
        if not data.startswith(there.data):
            raise Conflict("Another run writes this journal into the vault.")
        return there.version
