"""When silence is an outage. Pure: one probe after the other goes in, at most one alert an outage comes out."""

from datetime import datetime
from typing import Literal, NamedTuple

from recovery.failover import Alert
from recovery.model import Frozen

Health = Literal["well", "dead", "unsure"]


class Probe(NamedTuple):
    ok: bool
    at: datetime


class Uptime(Frozen):
    """What the probes of one application have come to so far.

    It takes as many failures to call it dead, and others to call it well again, so that one that flaps is not called
    now this, now that.

    Args:
        failures: how many failed probes make an outage, out of the newest `of`; without `of` they must be in a row.
        passes: how many answered probes end it, out of the newest `passes_of` since it began; in a row without it.
        recent: the newest probes, since the outage began where there is one.
        last_healthy: when it last answered. An application that never answered is no outage: it is not there yet.
        outage: this outage's alert.
        alerted: it was given.
    """

    failures: int
    of: int | None = None
    passes: int = 1
    passes_of: int | None = None
    recent: tuple[Probe, ...] = ()
    last_healthy: datetime | None = None
    outage: Alert | None = None
    alerted: bool = False

    @property
    def health(self) -> Health:
        """What this monitor calls the application."""
        if self.outage or self._count(False, self.of or self.failures) >= self.failures:
            return "dead"
        return "well" if self.recent and self.recent[-1].ok else "unsure"

    def after(self, ok: bool, sentence: str, at: datetime) -> tuple["Uptime", Alert | None]:
        """The state after one more probe, and the alert where this probe makes it an outage.

        Args:
            ok: the probe was answered as it should be.
            sentence: what came of it.
            at: when it was sent.
        """
        longest = max(self.of or self.failures, self.passes_of or self.passes)
        recent = (*self.recent, Probe(ok, at))[-longest:]
        state = self.model_copy(update={"recent": recent, "last_healthy": at if ok else self.last_healthy})
        if state.outage:
            return state._while_down(ok)
        if ok or state.health != "dead" or state.last_healthy is None:
            return state, None
        alert = state._alert(sentence, at)
        return state.model_copy(update={"recent": (), "outage": alert, "alerted": True}), alert

    def not_delivered(self) -> "Uptime":
        """The state after an alert that nobody took: the next failed probe gives it again."""
        return self.model_copy(update={"alerted": False})

    def _while_down(self, ok: bool) -> tuple["Uptime", Alert | None]:
        if self._count(True, self.passes_of or self.passes) >= self.passes:
            return self.model_copy(update={"recent": (), "outage": None, "alerted": False}), None
        if ok or self.alerted:
            return self, None
        return self.model_copy(update={"alerted": True}), self.outage

    def _alert(self, sentence: str, at: datetime) -> Alert:
        window = self.recent[-(self.of or self.failures) :]
        failed = [probe for probe in window if not probe.ok]
        said = f"{len(failed)} probes in a row"
        if len(failed) < len(window):
            said = f"{len(failed)} of {len(window)} probes"
        return Alert(
            sentence=f"{said} failed, the last one so: {sentence}.",
            source="uptime monitor",
            detected_at=failed[0].at,
            alerted_at=at,
            last_seen_healthy=self.last_healthy,
        )

    def _count(self, ok: bool, of: int) -> int:
        return sum(probe.ok is ok for probe in self.recent[-of:])
