"""What is measured of one application, as Prometheus names it. Pure: what was read goes in, metrics come out."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, get_args

from recovery.fleet import State as Standing
from recovery.forecast import Forecast
from recovery.journal import Line
from recovery.model import Frozen
from recovery.readiness import State as Ready

Results = ("completed", "failed", "withdrawn", "unfinished")


class PastRun(Frozen):
    """One run of a playbook, by its journal.

    Args:
        playbook: its name.
        result: `completed`, `failed`, or `unfinished`: under way, or cut off.
        began, ended: the moments of its first and last line.
    """

    playbook: str
    result: str
    began: datetime
    ended: datetime


class Seen(Frozen):
    """What was read of one application. What could not be read is None.

    Args:
        application: its name.
        at: when it was read.
        standing: green, stale or failed.
        proved_at: the moment of the newest proved backup.
        backups, proved: how many there are, and how many are proved.
        rpo_seconds: the objective.
        forecast: what a recovery would take.
        readiness: of the last check, and when that was.
        runs: those that are known, the oldest first.
    """

    application: str
    at: datetime
    standing: Standing
    proved_at: datetime | None = None
    backups: int = 0
    proved: int = 0
    rpo_seconds: float | None = None
    forecast: Forecast | None = None
    readiness: Ready | None = None
    readiness_at: datetime | None = None
    runs: tuple[PastRun, ...] = ()


class Sample(NamedTuple):
    """One value of one metric."""

    name: str
    labels: dict[str, str]
    value: float


HELP = {
    "lifeboat_read_timestamp_seconds": "When this was read from the vault and the journals.",
    "lifeboat_standing": "1 for where the application stands: green, stale or failed.",
    "lifeboat_backups": "How many backups the vault holds.",
    "lifeboat_proved_backups": "How many of them were proved equal to their source.",
    "lifeboat_last_proved_backup_timestamp_seconds": "The moment of the newest backup that was proved.",
    "lifeboat_rpo_now_seconds": "How much data would be lost if the primary were lost now.",
    "lifeboat_rpo_objective_seconds": "How much may be lost, by the plan.",
    "lifeboat_rto_forecast_seconds": "What such a share of recoveries is expected to take at most.",
    "lifeboat_rto_objective_seconds": "How long it may take, by the plan.",
    "lifeboat_rto_within_ratio": "The share of simulated recoveries that end within the objective.",
    "lifeboat_readiness": "1 for what the last check came to: ready, warning or not ready.",
    "lifeboat_readiness_timestamp_seconds": "When readiness was checked last.",
    "lifeboat_known_runs": "Runs of playbooks whose journals are known, by their result.",
    "lifeboat_last_run_timestamp_seconds": "When the newest run with this result began.",
    "lifeboat_last_run_duration_seconds": "How long the newest run with this result took.",
    "lifeboat_undelivered_messages": "Messages to people that wait for their place to come back, on this machine.",
}


def past_run(lines: Sequence[Line]) -> PastRun | None:
    """A run by its journal; None for one that tells nothing, or changed nothing on purpose."""
    if not lines or lines[0].kind != "opened" or lines[0].data.get("dry_run"):
        return None
    last = lines[-1]
    result = str(last.data.get("state", "failed")) if last.kind == "closed" else "unfinished"
    return PastRun(playbook=lines[0].step, result=result, began=lines[0].at, ended=last.at)


def samples_of(seen: Seen, now: datetime) -> Iterator[Sample]:
    """Every sample of one application.

    Args:
        seen: what was read.
        now: the moment that ages are counted to.
    """
    mine = {"application": seen.application}
    yield Sample("lifeboat_read_timestamp_seconds", mine, seen.at.timestamp())
    yield from _states("lifeboat_standing", mine, seen.standing, get_args(Standing))
    yield Sample("lifeboat_backups", mine, seen.backups)
    yield Sample("lifeboat_proved_backups", mine, seen.proved)
    if seen.proved_at:
        yield Sample("lifeboat_last_proved_backup_timestamp_seconds", mine, seen.proved_at.timestamp())
        yield Sample("lifeboat_rpo_now_seconds", mine, (now - seen.proved_at).total_seconds())
    if seen.rpo_seconds is not None:
        yield Sample("lifeboat_rpo_objective_seconds", mine, seen.rpo_seconds)
    if forecast := seen.forecast:
        for share, value in (("0.5", forecast.p50), ("0.95", forecast.p95)):
            yield Sample("lifeboat_rto_forecast_seconds", {**mine, "share": share}, value)
        yield Sample("lifeboat_rto_objective_seconds", mine, forecast.objective)
        yield Sample("lifeboat_rto_within_ratio", mine, forecast.within)
    if seen.readiness and seen.readiness_at:
        yield from _states("lifeboat_readiness", mine, seen.readiness, get_args(Ready))
        yield Sample("lifeboat_readiness_timestamp_seconds", mine, seen.readiness_at.timestamp())
    yield from _runs(seen.runs, mine)


def _states(name: str, labels: dict[str, str], state: str, states: Sequence[str]) -> Iterator[Sample]:
    for each in states:
        yield Sample(name, {**labels, "state": each}, float(each == state))


def _runs(runs: Sequence[PastRun], mine: dict[str, str]) -> Iterator[Sample]:
    for playbook in sorted({each.playbook for each in runs}):
        for result in Results:
            those = [each for each in runs if (each.playbook, each.result) == (playbook, result)]
            labels = {**mine, "playbook": playbook, "result": result}
            yield Sample("lifeboat_known_runs", labels, len(those))
            if those:
                last = max(those, key=lambda each: each.began)
                seconds = (last.ended - last.began).total_seconds()
                yield Sample("lifeboat_last_run_timestamp_seconds", labels, last.began.timestamp())
                yield Sample("lifeboat_last_run_duration_seconds", labels, seconds)
