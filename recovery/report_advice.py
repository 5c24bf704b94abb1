"""What to improve, from the measurements of one recovery. Every sentence names the figure it stands on."""

from collections.abc import Sequence

from recovery.clock import AFTERWARDS, Clock
from recovery.clock_objectives import Objective, say
from recovery.clock_path import BETWEEN
from recovery.journal import Line
from recovery.report_advice_data import NOTABLE, SHORTER, backups, dns, unproved, witness
from recovery.report_facts import facts_of
from recovery.report_words import count, percent, quoted

NEAR = 0.5  # a share of what is allowed worth a sentence


def improve(lines: Sequence[Line]) -> list[str]:
    """Concrete advice, the weightiest first; empty where nothing stands out, and for a dry run.

    Args:
        lines: a failover's journal, whole or cut off.
    """
    clock = Clock.of(lines)
    facts = facts_of(lines, clock)
    if clock.ending in ("dry run", "nothing to do"):
        return []
    found = [
        *_stopped(clock),
        *_missed(clock),
        *unproved(facts),
        *_longest(clock),
        *_detection(clock),
        *_waiting(clock),
        *_retried(clock),
        *backups(clock, facts),
        *dns(clock, facts),
        *witness(facts),
    ]
    return [*found, *clock.notes]


def _stopped(clock: Clock) -> list[str]:
    bad = [step for step in clock.steps if step.state in ("failed", "refused") and step.name not in AFTERWARDS]
    cut = [step.name for step in clock.steps if step.state == "unfinished" and step.name not in AFTERWARDS]
    found = [f"“{step.name}” {step.state}: find out why before the next rehearsal." for step in bad]
    if cut and clock.ending == "unfinished":
        found.append(f"The run ended without a word during {quoted(cut)}: find out what killed it, then run it again.")
    return found


def _missed(clock: Clock) -> list[str]:
    found = []
    for objective, what in ((clock.rto, "The recovery took"), (clock.rpo, "The lost data spans")):
        share, name = objective.share, objective.name
        if share is None or objective.seconds is None or share < NEAR:
            continue
        times = f"{share:.1f} times" if share >= 2 else f"{percent(share)} of"
        used = f"{what} {say(objective.seconds)}, {times} what the {name} allows"
        found.append(f"{used}: {_remedy(objective)}.")
    return found


def _remedy(objective: Objective) -> str:
    if objective.name == "RPO":
        return "back up more often, or ship the write-ahead log"
    return "little room is left" if objective.met else "shorten the steps below, or agree on another objective"


def _longest(clock: Clock) -> list[str]:
    ended = {step.name for step in clock.steps if step.state in ("ok", "found done")}
    totals: dict[str, float] = {}
    for segment in clock.path:
        if segment.kind == "step" and segment.name in ended and segment.name != "approve":
            totals[segment.name] = totals.get(segment.name, 0.0) + segment.seconds
    name = max(totals, key=lambda step: totals[step], default="")
    if not clock.elapsed or totals.get(name, 0.0) / clock.elapsed < NOTABLE:
        return []
    how = SHORTER.get(name, "restore with more jobs, or keep a warm copy" if name.startswith("restore ") else "")
    share = f"{say(totals[name])} of {say(clock.elapsed)}, {percent(totals[name] / clock.elapsed)}"
    return [f"“{name}” was the longest step on the critical path ({share}): {how or 'shorten it first'}."]


def _detection(clock: Clock) -> list[str]:
    found = []
    waits = {"detected": "probe more often, or alert after fewer failures", "alerted": "shorten the alert's delays"}
    waits["started"] = "let the alert start the playbook, and keep its runner warm"
    for name, how in waits.items():
        seconds = sum(segment.seconds for segment in clock.path if segment.name == f"until {name}")
        if clock.elapsed and seconds / clock.elapsed >= NOTABLE:
            share = percent(seconds / clock.elapsed)
            found.append(f"{say(seconds)} ({share} of the time) passed before it was {name}: {how}.")
    return found


def _waiting(clock: Clock) -> list[str]:
    approval = sum(step.seconds for step in clock.steps if step.name == "approve")
    approval += sum(segment.seconds for segment in clock.idle if segment.name == "until approved")
    between = sum(segment.seconds for segment in clock.idle if segment.name == BETWEEN)
    found = []
    if clock.elapsed and approval / clock.elapsed >= NOTABLE:
        found.append(
            f"Approval took {say(approval)} ({percent(approval / clock.elapsed)} of the time): {SHORTER['approve']}."
        )
    if clock.elapsed and between / clock.elapsed >= NOTABLE:
        found.append(
            f"No step ran for {say(between)} ({percent(between / clock.elapsed)} of the time): look at the runner."
        )
    return found


def _retried(clock: Clock) -> list[str]:
    again = [step for step in clock.steps if step.attempts > 1 and step.state in ("ok", "found done")]
    tries = count(sum(step.attempts for step in again), "try", "tries")
    return [f"{quoted(step.name for step in again)} took {tries}: find out why the first failed."] if again else []
