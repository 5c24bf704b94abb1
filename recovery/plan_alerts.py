"""The part of a plan that says what the alerts of other systems lead to."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from recovery.model import Frozen
from recovery.plan_types import Duration

Action = Literal["note", "open", "ask", "start"]


class AlertRule(Frozen):
    """What alerts of one kind lead to.

    Args:
        when: labels, and what each must be.
        endpoints: the receiver's endpoints it must come from; any where none is named.
        then: `note` (keep it), `open` (an incident, and people are told), `ask` (a failover that waits for approvers,
            whatever `approval.mode` says) or `start` (a failover, where `automatic` lets one start by itself).
        lasting: it must have lasted so long before it asks or starts.
    """

    when: dict[str, str] = Field(default_factory=dict)
    endpoints: tuple[str, ...] = ()
    then: Action
    lasting: Duration | None = None


class Alerts(Frozen):
    """What received alerts lead to.

    Args:
        rules: the first that fits is the one.
        otherwise: where none fits.
        counts_for: an alert older than that asks for nothing and starts nothing.
        forgotten_after: one that is not heard of any more for so long counts as over, as some senders never say so.
    """

    rules: tuple[AlertRule, ...] = ()
    otherwise: Literal["note", "open"] = "note"
    counts_for: Duration = timedelta(minutes=20)
    forgotten_after: Duration = timedelta(hours=12)
