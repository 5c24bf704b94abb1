"""The RTO clock: how long the recovery took, line by line, and how much data it cost. Read from the journal alone."""

from collections.abc import Sequence
from datetime import datetime

from recovery.clock_marks import Moment, doubts, marks_of, moments, outage
from recovery.clock_objectives import Ending, Objective, judge_rpo, judge_rto
from recovery.clock_path import Mark, Segment, critical_path, idle
from recovery.clock_spans import ENDS, Span, State, in_lanes, raw_spans, steady
from recovery.errors import Missing
from recovery.journal import Line
from recovery.model import Frozen

# What comes after the recovery; it cannot have ended yet when the report is rendered, and its failure undoes nothing.
AFTERWARDS = ("write report", "tell people")


class Step(Frozen):
    """All attempts of one step: the sum of their seconds, and how the last one ended."""

    name: str
    started: datetime
    seconds: float
    state: State
    attempts: int
    sentence: str


class Clock(Frozen):
    """What the journal says about time.

    Args:
        began, basis: when the outage began, and how that is known.
        ended: the recovery, or else the last line.
        ending: how it ended.
        total: seconds from the outage to the last thing on record, which may lie after the recovery.
        path: what decided the recovery time; adds up to `elapsed`.
        idle: when no step ran, from the outage to `ended`.
        notes: what makes the times less certain.
    """

    began: datetime
    basis: str
    ended: datetime
    ending: Ending
    total: float
    rto: Objective
    rpo: Objective
    moments: tuple[Moment, ...]
    spans: tuple[Span, ...]
    path: tuple[Segment, ...]
    idle: tuple[Segment, ...]
    notes: tuple[str, ...] = ()

    @property
    def elapsed(self) -> float:
        """Seconds from the outage to the recovery, or to the last line where there was none."""
        return (self.ended - self.began).total_seconds()

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step once, in the order they first began."""
        grouped: dict[str, list[Span]] = {}
        for span in self.spans:
            grouped.setdefault(span.step, []).append(span)
        return tuple(_step(name, spans) for name, spans in grouped.items())

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Clock":
        """Reads a journal, whole or cut off anywhere.

        Raises:
            Missing: there is no line at all.
        """
        if not lines:
            raise Missing("The journal is empty.", remedy="Nothing was begun under it: look for another one.")
        marks, raws = marks_of(lines), raw_spans(lines)
        began, basis = outage(lines, marks)
        spans = in_lanes(raws, began)
        last = max([steady(lines)[-1], *(at for at, _ in marks)])
        ending = _ending(lines, spans)
        healthy = [at for at, name in marks if name == "healthy"]
        ended = max(healthy) if ending == "recovered" else last
        elapsed = (ended - began).total_seconds()
        named: list[Mark] = [((at - began).total_seconds(), name) for at, name in marks]
        return cls(
            began=began,
            basis=basis,
            ended=ended,
            ending=ending,
            total=(last - began).total_seconds(),
            rto=judge_rto(lines, ending, elapsed),
            rpo=judge_rpo(lines, ending),
            moments=moments(marks, spans, began),
            spans=spans,
            path=critical_path(spans, named, elapsed),
            idle=idle(spans, named, elapsed),
            notes=doubts(lines, spans),
        )


def _ending(lines: Sequence[Line], spans: Sequence[Span]) -> Ending:
    if any(line.kind == "opened" and line.data.get("dry_run") is True for line in lines):
        return "dry run"
    last = {span.step: span.state for span in spans if span.step not in AFTERWARDS}
    openings = [index for index, line in enumerate(lines) if line.kind == "opened"] or [0]
    whole = [line for line in lines[openings[-1] :] if line.step == lines[openings[-1]].step and line.kind in ENDS]
    last.update({line.step: ENDS[line.kind] for line in whole})
    states = set(last.values())
    if "failed" in states:
        return "failed"
    if "refused" in states:
        return "refused"
    if any(line.kind == "mark" and line.step == "healthy" for line in lines):
        return "recovered"
    if last.get("declare incident") == "found done" and not any(line.step == "resumed" for line in lines):
        return "nothing to do"
    return "failed" if any(line.kind == "closed" for line in lines) else "unfinished"


def _step(name: str, spans: list[Span]) -> Step:
    return Step(
        name=name,
        started=spans[0].at,
        seconds=sum(span.seconds for span in spans),
        state=spans[-1].state,
        attempts=len(spans),
        sentence=spans[-1].sentence,
    )
