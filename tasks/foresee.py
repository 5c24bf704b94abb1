"""What recovery time is to be expected, from the journals of earlier runs."""

import contextlib
import random
from pathlib import Path

from pydantic import ValidationError

from recovery.errors import RecoveryError
from recovery.forecast import RUNS, Forecast, forecast
from recovery.forecast_steps import steps_of
from recovery.history import journals
from recovery.journal import Line, read_journal
from recovery.places import home
from recovery.plan import Plan

PLAYBOOKS = ("failover", "drill", "verify")
NEWEST = 200  # journals that are read at most


def foresee(plan: Plan, but: str = "", runs: int = RUNS) -> Forecast:
    """Plays recoveries by the history that this machine has of the application.

    Args:
        but: an incident that is left out: the one under way.
        runs: how many to play.
    """
    return forecast(
        steps_of(plan, history(plan.application, but)), plan.objectives.rto.total_seconds(), random.Random(), runs
    )


def foresee_and_keep(plan: Plan, but: str = "", runs: int = RUNS) -> Forecast:
    """The same, and keeps it on this machine: a recovery must not spend its first seconds on reading history."""
    found, path = foresee(plan, but, runs), _kept(plan)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(".new")
    beside.write_text(found.model_dump_json(), encoding="utf-8")
    beside.replace(path)
    return found


def foreseen(plan: Plan) -> Forecast | None:
    """What was kept last; None where nothing was, or for another objective."""
    try:
        found = Forecast.model_validate_json(_kept(plan).read_bytes())
    except (OSError, ValidationError):
        return None
    return found if found.objective == plan.objectives.rto.total_seconds() else None


def history(application: str, but: str = "") -> list[tuple[Line, ...]]:
    """The journals on this machine of runs that tell something, the oldest first. Broken ones are left out."""
    prefixes = tuple(f"{application}-{playbook}-" for playbook in PLAYBOOKS)
    mine = [path for path in journals() if path.parent.name.startswith(prefixes) and path.parent.name != but]
    found = []
    for path in mine[:NEWEST]:
        with contextlib.suppress(RecoveryError, OSError):
            found.append(tuple(read_journal(path)))
    return found[::-1]


def _kept(plan: Plan) -> Path:
    return home() / "forecasts" / f"{plan.application}.json"
