"""What everything can do that knows a provider's quotas."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

from prefect.blocks.core import Block

from recovery.quotas import Headroom


class QuotasFound(NamedTuple):
    """Args:
    headroom: every quota that would be used some of.
    unknown: what would be created of which this block knows no quota.
    """

    headroom: tuple[Headroom, ...]
    unknown: tuple[str, ...]


class Quotas(Block, ABC):
    """The quotas of a provider, at the standby."""

    @abstractmethod
    def look(self, wanted: Mapping[str, int]) -> QuotasFound:
        """Reads how much is allowed, and how much is in use. Changes nothing.

        Args:
            wanted: what would be created, as `recovery.quotas.count_wanted` says it.

        Raises:
            RecoveryError, Unreachable: the provider refused, or did not answer.
        """
