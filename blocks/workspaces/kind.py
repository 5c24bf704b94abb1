"""What every infrastructure workspace can do."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect.blocks.core import Block

from recovery.model import Frozen


class ChangeSummary(Frozen):
    """What a Terraform plan would do.

    Args:
        digest: BLAKE3 of the plan file; approval and apply are bound to it.
        create, update, destroy, replace: addresses.
        complete: Terraform says that the plan is whole and without errors.
    """

    digest: str
    create: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    destroy: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    complete: bool = True


Log = Callable[[str], None]


class Workspace(Block, ABC):
    """Infrastructure as code for the standby."""

    @abstractmethod
    def plan(self, folder: Path, log: Log) -> ChangeSummary:
        """Plans into `folder` (private, a fresh one an incident). Changes nothing."""

    @abstractmethod
    def apply(self, folder: Path, digest: str, log: Log) -> dict[str, Any]:
        """Applies exactly the plan file of that digest.

        Returns:
            The outputs that are not sensitive.
        """
