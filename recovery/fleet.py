"""Where every application stands: green, stale or failed, and why; and what to tell people where it is not green.

Pure: the coverage ledger goes in, sentences come out. `recovery.fleet_page` makes a page of them.
"""

from datetime import UTC, datetime, timedelta
from typing import Literal

from recovery.coverage import Covered, Ledger
from recovery.duration import say_duration
from recovery.model import Frozen

State = Literal["green", "stale", "failed"]


class Standing(Frozen):
    """Where one application stands.

    Args:
        application: its name.
        state: `green` (the newest proved backup is within the objective), `stale` (it is older), `failed` (the newest
            backup was found wrong, nothing is proved at all, or nothing could be found out).
        why: one sentence.
        newest_proved: the backup that a failover would restore, or None.
        age_seconds: how old its data is.
        rpo_seconds: the objective, or None where the plan could not be read.
        proved, backups: how many of how many backups are proved.
        coverage: depth to how many backups reached it, and how many were found wrong.
        locked_until: before then the vault lets nobody delete that backup; None where no lock holds it.
        kept: a line on each thing whose backups its own provider keeps.
        alert: what to tell people, or None where all is well.
    """

    application: str
    state: State
    why: str
    newest_proved: str | None = None
    age_seconds: float | None = None
    rpo_seconds: float | None = None
    proved: int = 0
    backups: int = 0
    coverage: dict[str, int] = {}
    locked_until: datetime | None = None
    kept: tuple[str, ...] = ()
    alert: str | None = None


def stand(
    ledger: Ledger, rpo: timedelta, now: datetime, trouble: str | None = None, locked_until: datetime | None = None
) -> Standing:
    """Judges one application.

    Args:
        ledger: its coverage.
        rpo: its recovery point objective.
        now: the moment to judge at.
        trouble: what went wrong in its verification just now, or None.
        locked_until: how long the vault's lock holds the newest proved backup, or None.
    """
    proved = ledger.newest_proved
    age = (now - proved.taken_at).total_seconds() if proved and proved.taken_at else None
    state, why = _judge(ledger, age, rpo.total_seconds(), trouble)
    return Standing(
        application=ledger.application,
        state=state,
        why=why,
        newest_proved=proved.backup if proved else None,
        age_seconds=age,
        rpo_seconds=rpo.total_seconds(),
        proved=sum(each.proved for each in ledger.backups),
        backups=len(ledger.backups),
        coverage=ledger.depths,
        locked_until=locked_until,
        alert=None if state == "green" else say_unrecoverable(ledger, rpo, now, why),
    )


def unknown(application: str, trouble: str) -> Standing:
    """An application of which nothing could be found out: its plan, its blocks or its vault stand in the way."""
    alert = f"{application}: nothing is known of its backups, and nobody should count on them: {_end(trouble)}"
    return Standing(application=application, state="failed", why=_end(trouble), alert=alert)


def say_unrecoverable(ledger: Ledger, rpo: timedelta, now: datetime, why: str = "") -> str:
    """What is not recoverable since when, why, and what the newest backup is that is.

    Args:
        ledger: the application's coverage.
        rpo: its recovery point objective.
        now: the moment to measure from.
        why: what went wrong, in a sentence, where that is not told beside this.
    """
    name, proved, because = ledger.application, ledger.newest_proved, f" {_end(why)}" if why else ""
    if proved is None or proved.taken_at is None:
        held = f"none of its {len(ledger.backups)} backups is proved" if ledger.backups else "it has no backup"
        return f"{name}: NOTHING is recoverable: {held}.{because}"
    age = (now - proved.taken_at).total_seconds()
    against = "more than" if age > rpo.total_seconds() else "within"
    return (
        f"{name}: what was written since {say_moment(proved.taken_at)} is not recoverable: {say_duration(age)}, "
        f"{against} the objective of {say_duration(rpo.total_seconds())}.{because} "
        f"The newest backup that is proved is {proved.backup}."
    )


def _judge(ledger: Ledger, age: float | None, rpo: float, trouble: str | None) -> tuple[State, str]:
    newest = ledger.newest
    if newest is None:
        return "failed", _end(trouble or "There is no backup at all")
    if newest.problem:
        return "failed", _against(newest)
    if trouble:
        return "failed", _end(trouble)
    if age is None:
        return "failed", "No backup was ever proved."
    if age > rpo:
        last = f"; the newest backup, {newest.backup}, is not" if not newest.proved else ""
        return "stale", f"The newest proved backup is older than the objective{last}."
    return "green", f"Restored and equal to its source, in {say_duration(_seconds(ledger))}."


def _seconds(ledger: Ledger) -> float:
    proved = ledger.newest_proved
    return (proved.seconds if proved else None) or 0.0


def _against(newest: Covered) -> str:
    kind = "shows signs of ransomware" if newest.problem_kind == "suspicious" else "is not what it should be"
    return f"The newest backup, {newest.backup}, {kind}: {_end(newest.problem or 'unknown')}"


def say_moment(at: datetime) -> str:
    """A moment, to the second, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _end(sentence: str) -> str:
    sentence = sentence.strip()
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
