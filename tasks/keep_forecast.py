"""Foresees the next recovery by what was just measured, and keeps that for the day it is needed."""

from datetime import timedelta

from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from recovery.places import plan_file
from recovery.plan_file import read_plan
from tasks.foresee import foresee_and_keep
from tasks.run import Run
from tasks.verb import verb

FEW = 2_000  # recoveries to play: enough for two figures, and over in a moment


def look(run: Run, plan: str) -> Decision:
    return go("Foreseeing the next recovery by what was measured.")


@verb("forecast recovery", look=look, timeout=timedelta(minutes=1), reads=True)
def keep_forecast(run: Run, plan: str, seen: Decision) -> Outcome:
    """Reads the journals of up to 200 earlier runs: here, so that no recovery has to.

    Args:
        plan: the application's own: a drill runs by another.
    """
    return did(foresee_and_keep(read_plan(plan_file(plan)), runs=FEW).sentence)
