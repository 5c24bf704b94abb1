"""What every way to ask whether an application lives can do."""

from abc import ABC, abstractmethod

from tasks.requests import ProbeResult

TIMEOUT = 3.0  # seconds for one question


class UptimeQuestion(ABC):
    """One way to ask."""

    @abstractmethod
    def ask(self, address: str) -> ProbeResult:
        """Asks once, within a few seconds. Never raises: what cannot be asked is not answered.

        Args:
            address: what DNS hands out for the application now.
        """
