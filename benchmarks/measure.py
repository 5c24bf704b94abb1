"""Measuring two sides in turns, and the table that is printed."""

import os
import resource
import statistics
import time
from collections.abc import Callable, Mapping


def in_turns(sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Runs every side once a round, so that a busy machine slows all of them; gives each side's seconds."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        for name, side in sides.items():
            begun = time.monotonic()
            side()
            seconds[name].append(time.monotonic() - begun)
            print(f"  round {number + 1}: {name} {seconds[name][-1]:.2f} s", flush=True)
    return seconds


def print_table(seconds: Mapping[str, list[float]], ours: str, limits: Mapping[str, float]) -> None:
    """The medians, and `ours` as a share of every other side beside what it should be.

    The share is the median of the rounds' own shares: what slowed a round slowed both of its sides.
    """
    print(f"{'what':<58}{'median':>9}{'fastest':>9}{'slowest':>9}{'ours is':>9}{'at most':>9}")
    for name, times in seconds.items():
        line = f"{name:<58}{statistics.median(times):>8.2f}s{min(times):>8.2f}s{max(times):>8.2f}s"
        if name != ours:
            share = statistics.median(our / their for our, their in zip(seconds[ours], times, strict=True))
            limit = limits.get(name)
            line += f"{share:>9.3f}{limit if limit is not None else '':>9}"
        print(line)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}; peak memory of this process {peak_megabytes()} MB")


def peak_megabytes() -> int:
    """The most memory this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
