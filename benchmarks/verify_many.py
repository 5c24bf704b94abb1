"""Verification of N backups of the small demo database in one process: the fixed cost of each, and how it grows.

Usage: `.venv/bin/python benchmarks/verify_many.py [--most 5] [--rounds 3]`. It starts the embedded world in a fresh
folder, takes one backup after the other, and after each verifies all there are, by the flow itself without a Prefect
server; the median of the rounds counts. The database is small, so that what is measured is what every backup costs,
whatever its size. The world goes on beside it: customers order all the while.
"""

import argparse
import asyncio
import logging
import os
import statistics
import sys
import time
import warnings
from collections import defaultdict
from pathlib import Path

from measure import peak_megabytes
from running import workspace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from demo.blocks_file import write_blocks
from demo.settings import environment
from demo.world import World
from flows.backup import backup
from flows.verify import verify
from recovery.history import journals
from recovery.journal import read_journal

TARGET = 2.0  # seconds, the most that one more backup may cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=5, help="how many backups in the end")
    parser.add_argument("--rounds", type=int, default=3, help="how often each number is verified")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    with workspace(None) as folder:
        world = World.start(folder / "world", lambda _line: None)
        try:
            write_blocks(world.state, folder / "blocks.yaml")
            more = {"LIFEBOAT_HOME": str(folder / "home"), "LIFEBOAT_BLOCKS": str(folder / "blocks.yaml")}
            os.environ.update(environment(world.state, 1) | more)
            for name in ("PREFECT_API_URL", "PREFECT_HOME"):
                os.environ.pop(name, None)
            seconds = [_measure(number, asked.rounds) for number in range(1, asked.most + 1)]
        finally:
            world.stop()
    _print(seconds)


def _measure(number: int, rounds: int) -> float:
    """Takes one more backup and verifies all there are; gives the median of the seconds that takes."""
    asyncio.run(backup.fn(plan="shop"))
    took: list[float] = []
    worked: list[float] = []
    steps: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        begun, before = time.monotonic(), time.process_time()
        asyncio.run(verify.fn(plan="shop", more_within_budget=True))
        took.append(time.monotonic() - begun)
        worked.append(time.process_time() - before)
        lines = [line for line in read_journal(next(journals())) if line.seconds is not None]
        assert sum(line.step == "record verification" for line in lines) == number, "not all of them were verified"
        for line in lines:
            steps[line.step].append(line.seconds or 0.0)
    middle = statistics.median(took)
    shown = ", ".join(f"{each:.2f}" for each in took)
    print(f"{number} backup(s): {middle:6.2f} s in all, {middle / number:5.2f} s each ({shown});")
    busy = statistics.median(worked)
    print(f"    {busy:.2f} s of processor time in this process, load {os.getloadavg()[0]:.0f}; medians of the steps:")
    slowest = sorted(steps.items(), key=lambda item: -statistics.median(item[1]))[:6]
    print("    " + ", ".join(f"{step} {statistics.median(times):.2f} s" for step, times in slowest), flush=True)
    return middle


def _print(seconds: list[float]) -> None:
    """The straight line through the medians. The very first run also imports Great Expectations: it is no median."""
    numbers = range(1, len(seconds) + 1)
    slope, once = statistics.linear_regression(numbers, seconds)
    off = max(abs(slope * number + once - took) for number, took in zip(numbers, seconds, strict=True))
    print(f"one more backup costs {slope:.2f} s (target: under {TARGET:g} s), a run {once:.2f} s besides;")
    print(f"the furthest from that line lies {off:.2f} s off it")
    print(f"{os.cpu_count()} cores, peak memory of this process {peak_megabytes()} MB")


if __name__ == "__main__":
    main()
