"""What the customers know: which orders were acknowledged to them, when, and by which site."""

import json
from datetime import datetime
from typing import Any

from demo.waiting import wait_until
from demo.world_state import WorldState


class Customers:
    """Reads the log that the writer of orders keeps."""

    def __init__(self, state: WorldState) -> None:
        self._log = state.acknowledged

    def orders(self) -> list[dict[str, Any]]:
        """Every acknowledged order, oldest first. A line that is being written does not count yet."""
        raw = self._log.read_text() if self._log.exists() else ""
        return [json.loads(line) for line in raw.splitlines(keepends=True) if line.endswith("\n")]

    def count(self) -> int:
        return len(self.orders())

    def await_orders(self, count: int, seconds: float) -> None:
        """Waits until so many orders were acknowledged in all."""
        wait_until(lambda: self.count() >= count, f"Order number {count}", seconds)

    def await_orders_at(self, site: str, count: int, seconds: float) -> None:
        """Waits until so many orders were acknowledged by one site."""
        wait_until(lambda: len(self._at(site)) >= count, f"Order number {count} at the {site}", seconds)

    def outage(self, disaster: datetime) -> float:
        """The seconds between the last order before the disaster and the first one after it."""
        moments = [datetime.fromisoformat(order["at"]) for order in self.orders()]
        before = max((at for at in moments if at <= disaster), default=disaster)
        after = min((at for at in moments if at > disaster), default=before)
        return (after - before).total_seconds()

    def _at(self, site: str) -> list[dict[str, Any]]:
        return [order for order in self.orders() if order["site"] == site]
