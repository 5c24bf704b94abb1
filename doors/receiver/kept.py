"""What the receiver's store takes and gives."""

from datetime import datetime, timedelta

from recovery.alerts.alert import ReceivedAlert
from recovery.model import Frozen
from recovery.plan_alerts import Action


class Delivery(Frozen):
    """One authenticated request.

    Args:
        endpoint: that it came in by.
        alerts: in it.
        applications: of each alert, the one that it concerns and that the endpoint may speak of, or None.
        at: when it came.
        repeats_within: see the endpoint.
        seen: what must not come a second time, if anything.
        seen_for: how long that has to be remembered.
    """

    endpoint: str
    alerts: tuple[ReceivedAlert, ...]
    applications: tuple[str | None, ...]
    at: datetime
    repeats_within: timedelta
    seen: str = ""
    seen_for: timedelta = timedelta()


class Receipt(Frozen):
    """What became of a delivery.

    Args:
        new: alerts that began, or ended, by it.
        repeated: alerts that were known already.
        replayed: the whole request had come before, so nothing of it counts.
    """

    new: int = 0
    repeated: int = 0
    replayed: bool = False


class KeptAlert(Frozen):
    """An alert in the store.

    Args:
        id: its number.
        endpoint: that it came in by.
        application: that it concerns.
        began: when it began.
        alert: itself, as it stands now.
    """

    id: int
    endpoint: str
    application: str | None
    began: datetime
    alert: ReceivedAlert


class Incident(Frozen):
    """What is wrong with one application, until all of it is over. An application has at most one that is open.

    Args:
        id: its number.
        name: for people.
        application: whose.
        opened: when.
        action: what its alerts asked for at most.
        sentence: what was said of it last.
        flow_run: its failover, once that was begun.
        withdrawn: that was taken back.
        firing: how many of its alerts are not over.
    """

    id: int
    name: str
    application: str
    opened: datetime
    action: Action
    sentence: str
    flow_run: str | None
    withdrawn: bool
    firing: int
