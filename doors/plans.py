"""`lifeboat plan`: what there is to know of a plan before it is needed."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

plan_app = App(name="plan", help="Recovery plans.")


@plan_app.command
def check(path: Path) -> int:
    """Print every fault of a plan, with its line and what to write instead, and then what is weak in it."""
    from recovery.plan_fault import render_warnings
    from recovery.plan_file import check_file, render_faults, warnings_of

    faults, warnings = check_file(path), warnings_of(path)
    print(render_faults(path, faults) if faults else f"{path}: this plan has no faults.")
    if warnings:
        print(render_warnings(path, warnings))
    return 2 if faults else 0


@plan_app.command
def forecast(
    plan: str, *, json: Annotated[bool, Parameter(help="Print one JSON object instead of words.")] = False
) -> int:
    """Say what recovery time is to be expected, from the measured history of every step on this machine.

    Args:
        plan: the plan's name or file.
    """
    from recovery.forecast_page import render_forecast
    from recovery.places import plan_file
    from recovery.plan_file import read_plan
    from tasks.foresee import foresee

    read = read_plan(plan_file(plan))
    found = foresee(read)
    print(found.model_dump_json(indent=2) if json else render_forecast(read.application, found))
    return 0 if found.p95 <= found.objective else 1
