"""What earlier failovers say of whether one more may start by itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from recovery.decision import Decision, go, refuse
from recovery.journal import Line
from recovery.model import Frozen

DAY = timedelta(hours=24)
_REMEDY = "Start the failover by hand if it must be."


class PastFailover(Frozen):
    """One failover that was declared for real.

    Args:
        incident: its identifier.
        began: when.
        ended: its last sign of life.
        automatic: no person started it.
    """

    incident: str
    began: datetime
    ended: datetime
    automatic: bool


def past_failover(lines: Sequence[Line]) -> PastFailover | None:
    """What a journal says; None where it is none, or a dry run, or ended before an incident was declared."""
    if not lines or lines[0].step != "failover" or lines[0].data.get("dry_run"):
        return None
    if not any(line.kind == "outcome" and line.step == "declare incident" for line in lines):
        return None
    marks = [line for line in lines if line.kind == "mark" and line.step == "detected"]
    return PastFailover(
        incident=str(lines[0].data.get("incident", "")),
        began=lines[0].at,
        ended=lines[-1].at,
        automatic=any(_by_itself(line) for line in marks),
    )


def _by_itself(mark: Line) -> bool:
    """Whether nobody was asked; journals of older versions only name the source."""
    return bool(mark.data.get("automatic", mark.data.get("source") == "uptime monitor"))


def judge_cool_down(past: Sequence[PastFailover], cool_down: timedelta, at: datetime) -> Decision:
    """`refuse` while the last failover, whoever started it, is too near: what fails again so soon needs a person."""
    last = max(past, key=lambda each: each.ended, default=None)
    if last is None or at - last.ended >= cool_down:
        return go("No failover was too near.")
    until = last.ended + cool_down
    said = (
        f"{last.incident} ended at {last.ended:%H:%M:%S}: none starts by itself before {until:%Y-%m-%d %H:%M:%S} UTC."
    )
    return refuse(said, _REMEDY, until=until.isoformat(), incident=last.incident)


def judge_most_a_day(past: Sequence[PastFailover], most: int, at: datetime) -> Decision:
    """`refuse` where as many as may be have started by themselves within 24 hours."""
    mine = [each.incident for each in past if each.automatic and at - each.began < DAY]
    if len(mine) < most:
        return go(f"{len(mine)} of at most {most} failovers started by themselves within 24 hours.")
    said = f"{len(mine)} failovers started by themselves within 24 hours, and at most {most} may: {', '.join(mine)}."
    return refuse(said, _REMEDY, incidents=mine)
