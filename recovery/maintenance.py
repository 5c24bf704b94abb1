"""Whether an outage is expected right now."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim

from recovery.decision import Decision, go, refuse
from recovery.plan_automatic import Maintenance


def judge_maintenance(windows: Sequence[Maintenance], at: datetime) -> Decision:
    """`refuse` within a window, else `go`.

    Args:
        windows: of the plan.
        at: now, with its zone.
    """
    for window in windows:
        if (ends := _ends(window, at)) is not None:
            return refuse(
                f"It is {window.reason} until {ends:%Y-%m-%d %H:%M %Z}: no failover starts by itself.",
                "Start the failover by hand if the outage has nothing to do with it.",
                until=ends.isoformat(),
            )
    return go("No maintenance is planned now.")


def _ends(window: Maintenance, at: datetime) -> datetime | None:
    """When the window that `at` lies in ends; None where it lies in none.

    The first begin after `at - lasts`: a window holds its first moment, and not its last.
    """
    local = at.astimezone(ZoneInfo(window.timezone))
    begun = next(CronSim(window.starts, local - window.lasts), None)
    return begun + window.lasts if begun is not None and begun <= local else None
