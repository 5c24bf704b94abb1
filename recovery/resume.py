"""Going on with an incident whose run was cut off. Pure: journals go in, decisions come out.

Up to the promotion of the standby everything may be done anew, with a newer backup too. From then on the standby's data
is the data: what was restored is never restored again, as that would throw away what was written there since.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from recovery.decision import Decision, done, go, refuse
from recovery.duration import say_duration
from recovery.journal import Line
from recovery.outcome import Outcome

# The steps that begin to change anything, and the one after which there is only forward.
TAKEN_OUT = "take site out"
CHANGES, NO_RETURN = ("fence primary", "drain primary", TAKEN_OUT, "open site"), "promote standby"
ABANDONED = "abandoned"
# An incident that stopped longer ago is not what somebody means who starts a recovery today, unless it promoted.
FRESH = timedelta(hours=24)
_ENDS = ("outcome", "found-done", "failure", "refused")


class Earlier:
    """What a journal says of the runs before this one."""

    def __init__(self, lines: Sequence[Line] = ()) -> None:
        self.lines = tuple(lines)

    @property
    def past_return(self) -> bool:
        """Whether the promotion of the standby was begun."""
        return self.begun(NO_RETURN)

    def begun(self, step: str) -> bool:
        """Whether a step ever began to act."""
        return any(line.kind == "intent" and line.step == step for line in self.lines)

    def begun_after(self, step: str, after: str) -> bool:
        """Whether a step began to act after another one was done last."""
        ended = [line.number for line in self.lines if line.step == after and line.kind == "outcome"]
        return any(
            line.kind == "intent" and line.step == step and line.number > max(ended, default=-1) for line in self.lines
        )

    def done(self, step: str) -> Outcome | None:
        """What came of a step, where it was done and neither begun again nor failed since."""
        about = [line for line in self.lines if line.step == step and line.kind in (*_ENDS, "intent")]
        well = list(takewhile(lambda line: line.kind in ("outcome", "found-done"), reversed(about)))
        if not well:
            return None
        # The first of them says what was done; the later ones only that it still stood.
        return Outcome(state="kept", sentence=well[-1].sentence, facts=well[0].data)


def decide_resume(incidents: Sequence[Sequence[Line]], now: datetime) -> Decision:
    """Which incident of an application a new run goes on with.

    Args:
        incidents: the journals of one application's runs of one playbook, in any order.
        now: the moment to measure age from.

    Returns:
        `go` with the fact `incident`, or `done` where there is none to go on with.
    """
    real = [lines for lines in incidents if lines and lines[0].kind == "opened" and not lines[0].data.get("dry_run")]
    changing = [lines for lines in real if _changed(lines)]
    newest = max(changing, key=lambda lines: lines[0].at, default=None)
    if newest is None:
        return done("No earlier recovery was cut off.")
    incident, last = str(newest[0].data["incident"]), newest[-1]
    if is_over(newest):
        return done(f"The last recovery, {incident}, is over.")
    age = now - last.at
    if age > FRESH and not Earlier(newest).past_return:
        said = f"{incident} stopped {say_duration(age.total_seconds())} ago, before anything was promoted"
        return done(f"{said}: this is a new incident.")
    return go(f"Going on with {incident}, which stopped after “{last.step}”: {last.sentence}", incident=incident)


def of_this_run(lines: Sequence[Line]) -> Sequence[Line]:
    """What the newest of the runs that wrote a journal has written."""
    opened = [number for number, line in enumerate(lines) if line.kind == "opened"]
    return lines[opened[-1] :] if opened else lines


def _changed(lines: Sequence[Line]) -> bool:
    return any(line.kind == "intent" and line.step in CHANGES for line in lines)


def is_over(lines: Sequence[Line]) -> bool:
    """Whether an incident was completed, withdrawn or abandoned: there is nothing to go on with."""
    closed = [line for line in lines if line.kind == "closed"]
    ended = bool(closed) and closed[-1] is lines[-1] and closed[-1].data.get("state") in ("completed", "withdrawn")
    return ended or any(line.kind == "mark" and line.step == ABANDONED for line in lines)


def may_abandon(earlier: Earlier) -> Decision:
    """Whether an incident may be undone: only as long as no second copy of the data took writes."""
    if earlier.past_return:
        return refuse(
            "The standby was promoted: it may hold writes that nobody else has, and it is past the point of no return.",
            "Go on: lifeboat resume INCIDENT. To return to the primary afterwards, fail back.",
        )
    if earlier.begun(TAKEN_OUT):
        return refuse(
            "A site was taken out of rotation: the others serve its users, and nothing has to be undone for them.",
            "Go on: lifeboat resume INCIDENT. To put the site back into rotation: lifeboat run failback.",
        )
    return go("Nothing was promoted: the fence is lowered, and what was restored is removed.")


def keeps_promoted(earlier: Earlier, before: Outcome) -> Decision:
    """For what must not be done anew once the standby was promoted: it stands as it is on record."""
    if earlier.past_return:
        return done(f"Done before the standby was promoted: {before.sentence}")
    return go("It is looked at anew, since nothing was promoted yet.")


def keeps_drained(earlier: Earlier, before: Outcome, holds: bool, evidence: str) -> Decision:
    """For a drain, and the backup that was taken behind it: they stand where nothing can have been written since.

    Args:
        earlier: what is on record.
        before: what came of the drain.
        holds: it is shown right now that no write gets through.
        evidence: how that was shown.
    """
    if earlier.past_return:
        return keeps_promoted(earlier, before)
    if earlier.begun_after("lower fence", "drain primary"):
        return go("It was lowered since: writes are stopped anew.")
    if not holds:
        return go(f"Whether writes are still stopped is not shown: they are stopped anew. {evidence}")
    return done(f"Drained before, and nothing was written since. {evidence}")


def keeps(before: Outcome) -> Decision:
    """For what stays true once it was done."""
    return done(f"Done before: {before.sentence}")
