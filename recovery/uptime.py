"""When silence is an outage. Pure: one probe after the other goes in, at most one alert an outage comes out."""

from datetime import datetime

from recovery.failover import Alert
from recovery.model import Frozen


class Uptime(Frozen):
    """What the probes of one application have come to so far.

    Args:
        failures: how many failed probes in a row make an outage.
        failed: how many have failed in a row.
        last_healthy: when it last answered. An application that never answered is no outage: it is not there yet.
        first_failed: when the failures in a row began.
        alerted: this outage's alert was given.
    """

    failures: int
    failed: int = 0
    last_healthy: datetime | None = None
    first_failed: datetime | None = None
    alerted: bool = False

    def after(self, ok: bool, sentence: str, at: datetime) -> tuple["Uptime", Alert | None]:
        """The state after one more probe, and the alert where this probe makes it an outage.

        Args:
            ok: the probe was answered as it should be.
            sentence: what came of it.
            at: when it was sent.
        """
        if ok:
            return Uptime(failures=self.failures, last_healthy=at), None
        failed, began = self.failed + 1, self.first_failed or at
        due = failed >= self.failures and not self.alerted and self.last_healthy is not None
        state = self.model_copy(update={"failed": failed, "first_failed": began, "alerted": self.alerted or due})
        if not due:
            return state, None
        return state, Alert(
            sentence=f"{failed} probes in a row failed, the last one so: {sentence}.",
            source="uptime monitor",
            detected_at=began,
            alerted_at=at,
            last_seen_healthy=self.last_healthy,
        )

    def not_delivered(self) -> "Uptime":
        """The state after an alert that nobody took: the next failed probe gives it again."""
        return self.model_copy(update={"alerted": False})
