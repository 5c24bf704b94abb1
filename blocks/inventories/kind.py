"""What every inventory of machines can do."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from prefect.blocks.core import Block

from recovery.model import Frozen

Log = Callable[[str], None]


class PlayResult(Frozen):
    """What a playbook run did. `hosts`: host to counts (ok, changed, failures, unreachable)."""

    ok: bool
    hosts: dict[str, dict[str, int]]
    failures: tuple[str, ...] = ()

    @property
    def changed(self) -> int:
        """How many tasks changed something, on all hosts."""
        return sum(counts.get("changed", 0) for counts in self.hosts.values())


class Inventory(Block, ABC):
    """The machines of the standby and the playbook that configures them."""

    @abstractmethod
    def run(self, folder: Path, log: Log, check: bool = False) -> PlayResult:
        """Runs the playbook.

        Args:
            folder: a fresh private folder for this run; secrets in it are removed afterwards.
            log: takes each line as it happens.
            check: only say what would change.

        Raises:
            Unreachable: a host could not be reached.
            Refused: a host is not the one it should be.
            RecoveryError: a task failed, or the playbook did not end in time.
        """
