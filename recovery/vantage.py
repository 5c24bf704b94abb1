"""Whether enough vantage points call the application dead. One that is cut off itself must not move it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from recovery.decision import Decision, done, go, refuse
from recovery.model import Frozen
from recovery.uptime import Health


class Observation(Frozen):
    """What one vantage point calls the application.

    Args:
        vantage_point: its name.
        health: what it calls it.
        sentence: what it saw last.
        at: when.
    """

    vantage_point: str
    health: Health
    sentence: str
    at: datetime


def judge_quorum(
    observations: Sequence[Observation], expected: Sequence[str], quorum: int, fresh: timedelta, at: datetime
) -> Decision:
    """Whether enough of them call it dead.

    Args:
        observations: what is known, old and new.
        expected: the vantage points of the plan; what others say does not count.
        quorum: how many must call it dead.
        fresh: what is older does not count.
        at: now.

    Returns:
        `go` where it is called dead, `done` where it cannot be any more, else `refuse`.
    """
    newest = {each.vantage_point: each for each in sorted(observations, key=lambda each: each.at)}
    heard = [newest[name] for name in expected if name in newest and abs(at - newest[name].at) <= fresh]
    said = {health: [each.vantage_point for each in heard if each.health == health] for health in ("dead", "well")}
    silent = [name for name in expected if name not in {each.vantage_point for each in heard}]
    dead, well = said["dead"], said["well"]
    facts = {"dead": dead, "well": well, "silent": silent, "quorum": quorum}
    counted = f"{len(dead)} of {len(expected)} vantage points"
    if len(dead) >= quorum:
        return go(f"{counted} call it dead ({', '.join(dead)}).", **facts)
    if len(expected) - len(well) < quorum:
        return done(f"{', '.join(well)} call it well, so the {quorum} that must call it dead cannot be found.", **facts)
    unheard = f"; nothing new was heard of {', '.join(silent)}" if silent else ""
    remedy = "Start the failover by hand if you know that it is dead."
    return refuse(f"Only {counted} call it dead, and {quorum} must{unheard}.", remedy, **facts)
