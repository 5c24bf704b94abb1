"""In which order many applications are recovered. Pure."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from recovery.errors import Refused
from recovery.model import Frozen
from recovery.plan import Plan

State = Literal["recovered", "nothing to do", "failed", "held back"]


class Recovered(Frozen):
    """What came of one application.

    Args:
        application: its name.
        tier: its tier.
        state: `held back` where one that it needs was not recovered.
        sentence: why, or what came of it.
        seconds: how long it took, from when it was begun; None where it was not begun.
    """

    application: str
    tier: int
    state: State
    sentence: str
    seconds: float | None = None

    @property
    def runs(self) -> bool:
        """Whether those that need it can be begun."""
        return self.state in ("recovered", "nothing to do")


def check_needs(plans: Mapping[str, Plan]) -> None:
    """Makes sure that the applications can be put in an order.

    Args:
        plans: application to plan, of all that are to be recovered.

    Raises:
        Refused: they need each other in a ring. Nothing was begun.
    """
    graph = {name: {each for each in plan.needs if each in plans} for name, plan in plans.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        ring = " needs ".join(reversed(error.args[1]))
        remedy = "Take one of them out of a plan's needs."
        raise Refused(f"These applications need each other: {ring}.", remedy=remedy) from error


def next_to_begin(plans: Mapping[str, Plan], begun: Iterable[str], ended: Mapping[str, Recovered]) -> tuple[str, ...]:
    """The applications that can be begun now, the most urgent first.

    Args:
        plans: of all that are to be recovered. One that is needed and not among them is taken to run.
        begun: those that were begun already.
        ended: those that have ended, or were held back.
    """
    done = {*begun, *ended}
    ready = [
        name
        for name, plan in plans.items()
        if name not in done and all(each not in plans or (each in ended and ended[each].runs) for each in plan.needs)
    ]
    return tuple(sorted(ready, key=lambda name: (plans[name].tier, name)))


def held_back(plans: Mapping[str, Plan], ended: Mapping[str, Recovered]) -> tuple[Recovered, ...]:
    """The applications that will never be begun, since one that they need was not recovered."""
    found: dict[str, Recovered] = {}
    for _ in plans:
        for name, plan in plans.items():
            known = {**ended, **found}
            bad = [each for each in plan.needs if each in known and not known[each].runs]
            if name not in known and bad:
                said = f"It needs {', '.join(bad)}, which was not recovered."
                found[name] = Recovered(application=name, tier=plan.tier, state="held back", sentence=said)
    return tuple(found.values())


def render_waves(found: Iterable[Recovered]) -> str:
    """A page of Markdown, by tier."""
    signs: dict[State, str] = {
        "recovered": "🟢 recovered",
        "nothing to do": "🟢 nothing to do",
        "failed": "🔴 failed",
        "held back": "🟡 held back",
    }
    lines = ["| Tier | Application | State | Took | What came of it |", "|---|---|---|---|---|"]
    for each in sorted(found, key=lambda one: (one.tier, one.application)):
        took = "" if each.seconds is None else f"{each.seconds:.1f} s"
        said = " ".join(each.sentence.replace("|", "\\|").split())
        lines.append(f"| {each.tier} | {each.application} | {signs[each.state]} | {took} | {said} |")
    return "\n".join([*lines, ""])
