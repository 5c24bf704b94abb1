"""Decides about replicas: whether one may be promoted, how far it lies behind, and what it is afterwards. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from recovery.decision import Decision, done, go, refuse
from recovery.duration import say_duration
from recovery.outcome import Outcome
from recovery.replica_state import Acceptance, Lag, ReplicaState, position

START = "0/0"


def decide_follow(component: str, state: ReplicaState, source: str, replica: str) -> Decision:
    """Whether a server can take over a component, before anything is touched.

    Args:
        component: its name.
        state: where the server stands.
        source, replica: the addresses of both.
    """
    if source == replica:
        return refuse(
            f"The replica of {component}, {replica}, is the primary's own server.", "Name the standby's server."
        )
    if not state.follows:
        return refuse(
            f"{replica} follows no primary: it takes writes of its own, on timeline {state.timeline}.",
            "If it was promoted by an earlier failover, create it anew (docs/strategies.md). Until then, fail over by "
            "a plan with strategy: backup-restore.",
        )
    if state.waits_for:
        return refuse(
            f"Once promoted, {replica} would let no commit end: it waits for {state.waits_for}.",
            "Empty synchronous_standby_names in the replica's own configuration.",
        )
    how = "and is connected to its primary" if state.streaming else "and is not connected to its primary"
    newest = f", newest commit {state.newest:%Y-%m-%d %H:%M:%S} UTC" if state.newest else ""
    return go(f"{component}: {replica} has replayed up to {state.replayed}{newest}, {how}.", replayed=state.replayed)


def decide_replayed(state: ReplicaState, until: str | None) -> Decision:
    """Whether a replica has replayed all it can.

    Args:
        state: where it stands.
        until: how far its primary got, where that could be asked; else all that was received.
    """
    wanted = max((until or START, state.received), key=position)
    left = position(wanted) - position(state.replayed)
    of = "where its primary ended" if until else "all that it received"
    if left > 0:
        return refuse(
            f"It has replayed up to {state.replayed}, {left} bytes short of {wanted}, {of}.",
            "Look whether the replica's log says why: a session may hold up its replay, or its disk be full.",
        )
    return done(f"It has replayed up to {state.replayed}, {of}.", until=wanted)


def decide_lag(
    lag: Lag,
    rpo: timedelta,
    beyond: Literal["stop", "backup"],
    replayed: datetime | None,
    backup: datetime | None,
    break_glass: str | None,
) -> Decision:
    """What to do about a replica that has replayed all it has, given how far it lies behind.

    Args:
        lag: how far.
        rpo: the recovery point objective.
        beyond: the plan's word for a replica further behind than that.
        replayed: when the newest transaction it has was committed.
        backup: when the newest proved backup was taken, or None where there is none.
        break_glass: a person's reason to go on all the same, or None.

    Returns:
        `go` with the fact `use`, `replica` or `backup`; or a refusal.
    """
    behind = f"The replica lies {say_duration(lag.seconds or 0)} behind ({lag.method})"
    if lag.seconds is None:
        behind = f"How far the replica lies behind cannot be told ({lag.method})"
    if lag.seconds is not None and lag.seconds <= rpo.total_seconds():
        return go(f"{behind}, within the objective of {say_duration(rpo.total_seconds())}.", use="replica")
    than = "perhaps more" if lag.seconds is None else "more"
    said = f"{behind}, {than} than the objective of {say_duration(rpo.total_seconds())}"
    if beyond == "backup" and backup and (replayed is None or backup > replayed):
        return go(f"{said}: the newest proved backup has newer data, and the plan says to restore it.", use="backup")
    if beyond == "backup":
        said += ", and the newest proved backup has older data" if backup else ", and no backup is proved"
    if break_glass and break_glass.strip():
        return go(f"{said}; it is promoted because: {break_glass.strip()}.", use="replica", reason=break_glass.strip())
    return refuse(
        f"{said}: promoting it could lose more than was promised.",
        "Bring the primary's log over if its disk can be read. To lose that much data: --break-glass REASON.",
    )


def promoted(outcomes: Sequence[Outcome], component: str) -> Outcome | None:
    """What came of catching up with a replica that is to be promoted; None for a component that was restored."""
    mine = [each for each in outcomes if each.facts.get("part") == component and each.facts.get("use") == "replica"]
    return mine[0] if mine else None


def judge_promotion(timeline: int, state: ReplicaState, write: Acceptance) -> Decision:
    """Whether a replica is what a promotion should have made of it.

    Args:
        timeline: what it was on before.
        state: where it stands now.
        write: what came of a write.
    """
    if state.follows:
        return refuse("It still is a replica: the promotion did not end.", "Look at the replica's own log.")
    if state.timeline != timeline + 1:
        return refuse(
            f"It is on timeline {state.timeline}, not {timeline + 1}: it was not this promotion alone that made it so.",
            "Find out who promoted it, and what was written to it since; then run this again.",
        )
    if not write.accepted:
        return refuse(
            f"It takes no writes: {write.sentence}.",
            "See to its settings (default_transaction_read_only, connection limits), then run this again.",
        )
    return done(f"It is its own primary on timeline {state.timeline}, after {timeline}: {write.sentence}.")
