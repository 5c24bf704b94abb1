"""Finds the incident that a new run goes on with, on this machine and in the vault."""

import contextlib
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from blocks.vaults.kind import Vault
from recovery.decision import Decision
from recovery.errors import Missing, NotProved, RecoveryError, Refused
from recovery.journal import Line, parse_journal
from recovery.model import now
from recovery.places import home, incident_folder, new_incident
from recovery.playbooks import UNFINISHED
from recovery.resume import decide_resume, is_over
from tasks.lease import TERM

JOURNAL = "journal.jsonl"
NEW = "new"
LOOKED_AT = 5  # the newest journals that are read: only the newest can be one to go on with


def mirror_key(application: str, incident: str) -> str:
    """Where the vault has the copy of a journal."""
    return f"journals/{application}/{incident}.jsonl"


class Which(NamedTuple):
    """Which incident a run is about.

    Args:
        why: why an earlier one is gone on with, or nothing for a new one.
        wait: how long to wait for its lease: its machine may have died with it.
        earlier: what a rehearsal, which is always an incident of its own, is to take for what was done before it.
    """

    incident: str
    why: str = ""
    wait: timedelta = timedelta()
    earlier: tuple[Line, ...] = ()


def decide_incident(
    vault: Vault, playbook: str, application: str, wanted: str, *, dry_run: bool = False, goes_on: bool = False
) -> Which:
    """The incident that was asked for, the one that was cut off, or a new one.

    Args:
        wanted: `NEW`, `UNFINISHED`, or an identifier.
        dry_run: it will be one of its own, as it must not write into another's journal.
        goes_on: there must be one to go on with.

    Raises:
        Refused: there is none to go on with, and there must be.
        Missing: there is no journal of the one that was asked for.
    """
    if wanted == NEW or (dry_run and not goes_on):
        return Which(new_incident(playbook, application))
    which = Which(wanted, f"Going on with {wanted}, as asked.", TERM + timedelta(seconds=5))
    if wanted == UNFINISHED:
        decision = find_unfinished(vault, playbook, application)
        if decision.verdict != "go" and goes_on:
            raise Refused(f"There is no {playbook} of {application} to go on with. {decision.sentence}")
        if decision.verdict != "go":
            return Which(new_incident(playbook, application))
        which = Which(str(decision.facts["incident"]), decision.sentence)
    if dry_run:
        lines = tuple(parse_journal(_longer(vault, application, which.incident), which.incident))
        return Which(new_incident(playbook, application), earlier=lines)
    return which


def find_unfinished(vault: Vault, playbook: str, application: str) -> Decision:
    """Which incident to go on with, or that there is none. Changes nothing: another run may be writing its journal.

    A vault that does not answer is left out, and a journal that cannot be read is no reason not to start a recovery.
    """
    names = {path.name for path in (home() / "incidents").glob(f"{application}-{playbook}-*")}
    with contextlib.suppress(RecoveryError):
        prefix = mirror_key(application, f"{application}-{playbook}-").removesuffix(".jsonl")
        names |= {Path(entry.key).stem for entry in vault.entries(prefix)}
    found: list[tuple[Line, ...]] = []
    for name in sorted(names)[-LOOKED_AT:]:
        with contextlib.suppress(RecoveryError, OSError):
            found.append(tuple(parse_journal(_longer(vault, application, name), name)))
    return decide_resume(found, now())


def bring_journal(vault: Vault, application: str, which: Which) -> tuple[Line, ...]:
    """Puts the longer of this machine's journal and the vault's on this machine. Only for who holds the lease.

    Raises:
        Missing: there is none in either place.
        NotProved: one of them was changed: they tell different stories, or a chain is broken.
        Refused: the incident is over: perhaps another run has ended it meanwhile.
    """
    data = _longer(vault, application, which.incident)
    lines = tuple(parse_journal(data, which.incident))
    if is_over(lines):
        raise Refused(f"The incident {which.incident} is over: {lines[-1].sentence}", remedy="Start a new one.")
    path = incident_folder(which.incident) / JOURNAL
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_suffix(".new")
        beside.write_bytes(data)
        beside.replace(path)
    return lines


def _longer(vault: Vault, application: str, incident: str) -> bytes:
    """The longer journal, whole lines only: a line that was cut off in the middle never counted."""
    path = incident_folder(incident) / JOURNAL
    mine = _whole(path.read_bytes() if path.exists() else b"")
    theirs = b""
    with contextlib.suppress(RecoveryError):
        theirs = _whole(vault.get(mirror_key(application, incident)).data)
    if not mine and not theirs:
        raise Missing(f"There is no journal of {incident}, neither on this machine nor in the vault.")
    shorter, longer = sorted((mine, theirs), key=len)
    if not longer.startswith(shorter):
        raise NotProved(
            f"The journal of {incident} on this machine and its copy in the vault tell different stories.",
            changed="Nothing was changed.",
            remedy="Find out which was changed, and why; put the right one in its place, or start a new incident.",
        )
    return longer


def _whole(data: bytes) -> bytes:
    return data[: data.rfind(b"\n") + 1]
