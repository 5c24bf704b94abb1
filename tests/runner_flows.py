"""Flows for tests of the warm runner: they act on a file that stands for the world, and wait where a test says."""

import os
import time
from pathlib import Path

from prefect import flow

from recovery.decision import Decision, go
from recovery.outcome import Outcome, did
from tasks.opening import open_run
from tasks.run import Run
from tasks.verb import verb

STEPS, HELD = 4, "1"


def look(run: Run, number: str) -> Decision:
    return go(f"Step {number}.")


@verb("step {number}", look=look)
def step(run: Run, number: str, seen: Decision) -> Outcome:
    """Writes to the world, and waits in the held step until the test lets go."""
    world = Path(os.environ["RUNNER_WORLD"])
    with (world / "acts").open("a") as file:
        file.write(f"{run.incident} {number}\n")
    deadline = time.monotonic() + 600
    while number == HELD and not (world / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    return did(f"Step {number} was done.")


@flow(name="steady")
async def steady(plan: str = "shop") -> str:
    async with open_run("failover", plan, exclusive=True) as run:
        for number in range(STEPS):
            await step(run, number=str(number))
        return run.incident
