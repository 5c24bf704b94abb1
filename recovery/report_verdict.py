"""The report's first lines: the verdict, what was and was not changed, and the tiles."""

from collections.abc import Sequence
from typing import Literal

from recovery.clock import AFTERWARDS, Clock
from recovery.clock_objectives import Objective, say
from recovery.clock_spans import ENDS
from recovery.journal import Line
from recovery.report_parts import Facts, Tile
from recovery.report_words import count, listed, quoted


def headline(lines: Sequence[Line], clock: Clock, facts: Facts) -> str:
    """The verdict in one or two sentences."""
    if clock.ending == "recovered":
        return f"{clock.rto.sentence} {clock.rpo.sentence}"
    if clock.ending == "dry run":
        return f"Dry run: what would be done to recover {facts.application}"
    if clock.ending == "nothing to do":
        return "Nothing to do: the application needed no recovery."
    if clock.ending == "unfinished":
        running = [step.name for step in clock.steps if step.state == "unfinished" and step.name not in AFTERWARDS]
        during = f", while {quoted(running)} ran" if running else ""
        return f"Unfinished: the journal ends {say(clock.elapsed)} after the outage began{during}."
    last = _decisive(lines)
    if last is None:
        return "Not recovered: the journal was closed before the application was seen healthy."
    word = "was refused" if last.kind == "refused" else "failed"
    return f"Not recovered: “{last.step}” {word} {say(clock.elapsed)} after the outage began."


def explanation(lines: Sequence[Line], clock: Clock, facts: Facts) -> list[str]:
    """What stands under the verdict: why it stopped, and what that means for the users."""
    if clock.ending == "dry run":
        return ["Every step read the real world and decided. Nothing was changed, and nothing below has happened."]
    if clock.ending == "nothing to do":
        return [step.sentence for step in clock.steps if step.state == "found done"][:1]
    told = []
    last = _decisive(lines)
    if clock.ending in ("failed", "refused") and last is not None:
        told.append(last.sentence)
    if clock.ending != "recovered":
        if last is None or "DNS was" not in last.sentence:
            told.append(_dns_sentence(facts))
        acted = [step.name for step in clock.steps if step.state == "ok" and step.name not in AFTERWARDS]
        told.append(
            f"Steps that had ended well by then: {listed(acted)}." if acted else "No step had ended well by then."
        )
    if facts.break_glass:
        told.append(f"The glass was broken: {facts.break_glass}.")
    return told


def _decisive(lines: Sequence[Line]) -> Line | None:
    """The last failure or refusal that no later line of the same step made good."""
    last = {line.step: line for line in lines if line.kind in ENDS and line.step not in AFTERWARDS}
    bad = [line for line in last.values() if line.kind in ("failure", "refused")]
    return max(bad, key=lambda line: line.number, default=None)


def _dns_sentence(facts: Facts) -> str:
    if facts.dns.state in ("ok", "found done"):
        return "DNS was swapped."
    if facts.dns.state == "unfinished":
        return "A swap of DNS was begun and its end is not on record: look at the zone."
    return "DNS was not swapped: users are still sent where they were before."


def tiles(clock: Clock, facts: Facts) -> tuple[Tile, ...]:
    """The big figures: recovery time, lost data, proof of the backup, proof of the fence, DNS."""
    return (
        _objective(clock, "Recovery time", clock.rto),
        _lost(facts, clock.rpo),
        _proof(facts),
        _fenced(facts),
        _dns(facts),
    )


def _objective(clock: Clock, label: str, objective: Objective) -> Tile:
    if objective.seconds is None:
        late = objective.met is False
        note = f"after {say(clock.elapsed)}" + (f" of {say(objective.allowed)} allowed" if objective.allowed else "")
        return Tile(label=label, value="Not recovered", note=note, mood="bad", badge="missed" if late else "")
    return _measured(label, objective, f"of {say(objective.allowed)} allowed" if objective.allowed else "no objective")


def _measured(label: str, objective: Objective, note: str) -> Tile:
    badge = {True: "met", False: "missed", None: ""}[objective.met]
    mood: Literal["good", "bad", "none"] = "none" if objective.met is None else "good" if objective.met else "bad"
    value = say(objective.seconds or 0.0)
    return Tile(label=label, value=value, note=note, mood=mood, badge=badge, share=objective.share)


def _lost(facts: Facts, objective: Objective) -> Tile:
    if objective.seconds is None:
        return Tile(label="Data lost", value="Not measured", note="nobody looked what survived")
    allowed = f"of {say(objective.allowed)} allowed" if objective.allowed else "no objective"
    orders = facts.loss.lost if facts.loss else None
    return _measured("Data lost", objective, f"{allowed}, {count(orders, 'order')}" if orders is not None else allowed)


def _proof(facts: Facts) -> Tile:
    if not facts.restored:
        return Tile(label="Backup", value="None", note="nothing was restored")
    proved = all(part.proved for part in facts.restored)
    checked = sum(part.checked or 0 for part in facts.restored)
    if proved:
        note = f"{count(checked, 'fingerprint')} equal to the source"
        return Tile(label="Backup", value="Proved", note=note, mood="good")
    unproved = listed(part.part for part in facts.restored if not part.proved)
    return Tile(label="Backup", value="Not proved", note=f"no proof of {unproved}", mood="bad")


def _fenced(facts: Facts) -> Tile:
    if facts.fence is None:
        return Tile(label="Fence", value="None", note="the primary was not fenced")
    if facts.fence.proved:
        note = f"{count(len(facts.fence.evidence), 'check')}, {facts.fence.method}"
        return Tile(label="Fence", value="Proved", note=note, mood="good")
    return Tile(label="Fence", value="Not proved", note="writes may still reach the primary", mood="bad")


def _dns(facts: Facts) -> Tile:
    dns = facts.dns
    if dns.state in ("ok", "found done"):
        drained = f"every resolver after {say(dns.drained_seconds)}" if dns.drained_seconds is not None else ""
        change = f"{dns.before} → {dns.after}" if dns.before or dns.after else "Swapped"
        return Tile(label="DNS", value=change, note=drained, mood="good" if drained else "none")
    value = "Unknown" if dns.state == "unfinished" else "Not swapped"
    note = "look at the zone" if value == "Unknown" else "users are sent where they were before"
    return Tile(label="DNS", value=value, note=note, mood="bad" if value == "Unknown" else "none")
