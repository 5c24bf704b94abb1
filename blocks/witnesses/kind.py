"""What every witness of acknowledged writes can do."""

from abc import ABC, abstractmethod
from datetime import datetime

from prefect.blocks.core import Block


class Witness(Block, ABC):
    """Somebody outside the primary who knows which writes were acknowledged: a payment provider, a queue, a log."""

    @abstractmethod
    def acknowledged(self, before: datetime) -> list[tuple[str, datetime]]:
        """Every write acknowledged before that moment: its identifier and when, oldest first."""
