"""What every infrastructure workspace can do."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from prefect.blocks.core import Block

from recovery.drift import Revision
from recovery.errors import Refused
from recovery.terraform import Changes


class ChangeSummary(Changes):
    """What a Terraform plan would do, and which plan file that is.

    Args:
        digest: BLAKE3 of the plan file; approval and apply are bound to it.
        wanted: what it would create, by type and size, for quotas. It and `kept`: only where the whole plan was
            asked for.
    """

    digest: str
    wanted: dict[str, int] = {}


Log = Callable[[str], None]


class Workspace(Block, ABC):
    """Infrastructure as code for the standby."""

    @abstractmethod
    def plan(
        self, folder: Path, log: Log, replace: Sequence[str] = (), *, whole: bool = False, lock: bool = True
    ) -> ChangeSummary:
        """Plans into `folder` (private, a fresh one an incident). Changes nothing. Planning again replaces the plan.

        Args:
            replace: addresses that are to be built anew although they stand.
            whole: also find out what would stay as it is (`kept`), and what quotas are asked for (`wanted`). It can
                take seconds more, and is not needed to recover.
            lock: not, where it is only to be looked at: then it neither waits for a recovery nor holds one up.

        Raises:
            Conflict: somebody else holds the state's lock.
            Unreachable: a provider, the registry or the state's store could not be reached.
            RecoveryError: Terraform reports an error.
        """

    @abstractmethod
    def apply(self, folder: Path, digest: str, log: Log) -> dict[str, Any]:
        """Applies exactly the plan file of that digest. Applying it again does nothing.

        Returns:
            The outputs that are not sensitive.

        Raises:
            Refused: the plan file there is another one.
            Missing: there is no plan file.
            Conflict: the state changed since the plan was made, or somebody else holds its lock.
            RecoveryError: Terraform reports an error, or did not end in time.
        """

    @abstractmethod
    def holds(self, folder: Path, digest: str) -> bool:
        """Whether the plan file of that digest is in the folder. Reads nothing else."""

    @abstractmethod
    def discard(self, folder: Path) -> None:
        """Removes a plan that will not be applied: a plan file holds secrets. Idempotent."""

    @abstractmethod
    def destroy(self, folder: Path, log: Log) -> None:
        """Destroys everything in the state. Idempotent. For what a drill built; never for a standby.

        Raises:
            Conflict: somebody else holds the state's lock.
            RecoveryError: Terraform reports an error, or did not end in time.
        """

    @abstractmethod
    def tool(self) -> str:
        """Which program, of which version, with which providers, in words for the record."""

    def revision(self) -> Revision:
        """The commit that the code was reviewed as, and what differs from it.

        Raises:
            Refused: the code does not lie in git.
        """
        raise Refused("This workspace's code does not lie in git, so nobody can tell what was reviewed.")
