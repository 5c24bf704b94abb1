"""The lease: one recovery an application at a time, also across machines. Kept in the vault by conditional writes."""

from datetime import datetime, timedelta

from recovery.decision import Decision, go, refuse
from recovery.model import Frozen


class Process(Frozen):
    """One process of one machine since it was started.

    Args:
        machine: the machine since its last start, and what can see the process there (its namespace of processes).
        pid: its number.
        started: the clock ticks from the machine's start to the process's: a number is used again, this pair is not.
    """

    machine: str
    pid: int
    started: int


class Lease(Frozen):
    """Who may act on an application until when.

    Args:
        application: whose it is.
        number: grows with every holder, so that a late one can be told apart.
        incident: the run that holds it.
        holder: the machine and process, for people.
        process: which process that is, so that another one on the same machine can tell that it is dead.
        until: when it lapses unless it is renewed.
        released: the holder is through.
    """

    application: str
    number: int
    incident: str
    holder: str
    process: Process | None = None
    until: datetime
    released: bool = False


def decide_lease(held: Lease | None, now: datetime, dead: bool = False) -> Decision:
    """Whether a run may take the lease. The incident that holds it is no exception: its own run may be alive.

    Args:
        held: the lease as it is in the vault.
        now: the moment to judge at.
        dead: the holder's process is known to be dead.
    """
    if held is None:
        return go("Nobody holds the lease.", number=1)
    if held.released:
        return go(f"The lease is free: {held.incident} gave it back.", number=held.number + 1)
    if dead:
        return go(f"The process that held the lease, {held.holder}, is dead.", number=held.number + 1)
    if held.until <= now:
        return go(f"The lease of {held.incident} lapsed at {held.until:%H:%M:%S} UTC.", number=held.number + 1)
    return refuse(
        f"{held.incident} is recovering {held.application} right now, from {held.holder}.",
        "Follow that run. If it is dead, its lease lapses at "
        f"{held.until:%H:%M:%S} UTC and this playbook can be started again.",
        incident=held.incident,
    )


def next_lease(
    held: Lease | None,
    application: str,
    incident: str,
    holder: str,
    now: datetime,
    term: timedelta,
    process: Process | None = None,
) -> Lease:
    """The lease this run takes after `decide_lease` said go."""
    number = held.number + 1 if held else 1
    return Lease(
        application=application,
        number=number,
        incident=incident,
        holder=holder,
        process=process,
        until=now + term,
    )
