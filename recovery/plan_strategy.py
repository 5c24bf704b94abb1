"""The parts of a plan that say how its strategy is carried out."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from recovery.model import Frozen
from recovery.plan_types import Duration

Strategy = Literal["backup-restore", "pilot-light", "warm-standby", "active-active"]


class Replication(Frozen):
    """What is demanded of the replicas of a warm standby before they are promoted.

    Args:
        catch_up: how long a replica may take to replay what it has received.
        beyond_rpo: what to do about one that lies further behind than the RPO: `stop` and ask, or restore the newest
            proved `backup`, where that is newer.
    """

    catch_up: Duration = timedelta(minutes=2)
    beyond_rpo: Literal["stop", "backup"] = "stop"


class Rotation(Frozen):
    """How many of the users each site of an active-active application gets, where DNS knows weights (1 to 255).

    Args:
        primary, standby: the site's share while it is in rotation.
    """

    primary: int = Field(default=100, ge=1, le=255)
    standby: int = Field(default=100, ge=1, le=255)
