"""What every store of secrets can do that a readiness check asks."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from prefect.blocks.core import Block


class SecretStore(Block, ABC):
    """Where secrets lie that a recovery needs. No value is ever read through it."""

    @abstractmethod
    def missing(self, names: Sequence[str]) -> tuple[str, ...]:
        """Which of these secrets are not there, without reading any.

        Raises:
            RecoveryError, Unreachable: the store refused, or did not answer.
        """
