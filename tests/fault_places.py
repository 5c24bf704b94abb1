"""Every place at which a run can be killed, by the journal of one that was let run."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from recovery.journal import Line

SHORTEST = 0.1  # seconds: the middle of a shorter step is its boundary


class Place(NamedTuple):
    """Where a run is killed.

    Args:
        kind, step: the line of the journal after which it is killed, once that is on disk.
        seconds: how long after it.
        time: which of the lines of that kind and step, from 1.
        application: whose journal, where a run has several.
    """

    kind: str
    step: str
    seconds: float = 0.0
    time: int = 1
    application: str = ""

    def __str__(self) -> str:
        which = f" ({self.time})" if self.time > 1 else ""
        whose = f"{self.application}: " if self.application else ""
        return f"{whose}{self.kind} of {self.step}{which}" + (f" + {self.seconds:.1f} s" if self.seconds else "")


def places_of(lines: Iterable[Line], application: str = "") -> list[Place]:
    """After every line, and in the middle of every step that takes any time, in their order."""
    found, seen, begun = list[tuple[float, Place]](), Counter[tuple[str, str]](), dict[str, tuple[float, int]]()
    for line in lines:
        seen[line.kind, line.step] += 1
        at, time = line.at.timestamp(), seen[line.kind, line.step]
        found.append((at, Place(line.kind, line.step, 0.0, time, application)))
        if line.kind == "intent":
            begun[line.step] = (at, time)
        elif line.kind == "outcome" and line.step in begun:
            start, time = begun.pop(line.step)
            half = (at - start) / 2
            if half * 2 > SHORTEST:
                found.append((start + half, Place("intent", line.step, half, time, application)))
    return [place for _, place in sorted(found, key=lambda each: each[0])]
