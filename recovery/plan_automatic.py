"""The part of a plan that says when a failover may start by itself."""

from datetime import timedelta

from pydantic import Field

from recovery.model import Frozen
from recovery.plan_probes import UptimeProbe
from recovery.plan_types import Cron, Duration, Timezone, VantagePoint, WebPath


class Monitor(Frozen):
    """When the uptime monitor calls it a disaster, and when it calls it well again.

    Args:
        path: the path asked at the application's name.
        probes: other ways to ask; all of them must be answered. Without any, it is the path alone.
        every: the time between two probes.
        failures: how many failed probes make an alert.
        of: out of so many of the newest; without it they must be in a row.
        passes: how many answered probes end the outage.
        passes_of: out of so many of the newest; without it they must be in a row.
        starts_failover: whether the alert starts the failover, or only tells people.
        silence: a monitor that says nothing for so long is itself an alert.
    """

    path: WebPath = "/health"
    probes: tuple[UptimeProbe, ...] = ()
    every: Duration = timedelta(seconds=5)
    failures: int = Field(default=3, ge=2)
    of: int | None = Field(default=None, ge=2)
    passes: int = Field(default=1, ge=1)
    passes_of: int | None = Field(default=None, ge=1)
    starts_failover: bool = False
    silence: Duration = timedelta(minutes=2)


class Maintenance(Frozen):
    """A time at which outages are expected and no failover starts by itself.

    Args:
        starts: when it begins, a cron line.
        lasts: how long it lasts.
        timezone: that the line is read in.
        reason: for people.
    """

    starts: Cron
    lasts: Duration
    timezone: Timezone = "UTC"
    reason: str = "maintenance"


class Automatic(Frozen):
    """What else must hold before the monitor's alert starts a failover.

    Args:
        vantage_points: the names of the monitors that watch, each from another place; none for a single one.
        quorum: how many of them must call it dead.
        fresh: what a monitor saw counts for so long.
        cool_down: after a failover none starts by itself for so long.
        most_a_day: how many failovers may start by themselves within 24 hours.
        maintenance: when none does.
    """

    vantage_points: tuple[VantagePoint, ...] = ()
    quorum: int = Field(default=1, ge=1)
    fresh: Duration = timedelta(seconds=45)
    cool_down: Duration = timedelta(hours=1)
    most_a_day: int = Field(default=2, ge=1)
    maintenance: tuple[Maintenance, ...] = ()
