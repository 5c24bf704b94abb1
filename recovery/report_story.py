"""Everything a report tells, worked out once for both its forms."""

from collections.abc import Sequence
from typing import Any

from recovery.clock import AFTERWARDS, Clock, Step
from recovery.clock_path import Segment
from recovery.journal import Line
from recovery.model import Frozen
from recovery.report_advice import improve
from recovery.report_approvals import Approved, approvals_of
from recovery.report_chain import first_break
from recovery.report_facts import facts_of
from recovery.report_parts import Facts, Tile
from recovery.report_ransomware import Cleanup, cleanup_of
from recovery.report_verdict import explanation, headline, tiles
from recovery.report_words import STATE_WORDS, day_time, text, texts

SMALLEST = 0.005  # a share of the recovery time that gets a line of its own
KINDS = {"create": "Create", "update": "Change", "replace": "Replace", "destroy": "Destroy", "forget": "Forget"}


class Story(Frozen):
    """One report's content.

    Args:
        about: label to value, under the verdict.
        path: the critical path; what is too short to be told alone is told together.
        troubles: every failure, refusal and attempt without an end: the step, what, and the sentence.
        decisions: what each step decided or did, in a dry run: the step, what would be done, the sentence.
        terraform: kind of change to addresses.
        cleanup: of a recovery after ransomware.
        broken: the first line that does not follow from the one before, or None.
    """

    title: str
    verdict: str
    explained: tuple[str, ...]
    about: dict[str, str]
    tiles: tuple[Tile, ...]
    clock: Clock
    facts: Facts
    path: tuple[Segment, ...]
    troubles: tuple[tuple[str, str, str], ...]
    decisions: tuple[tuple[str, str, str], ...]
    terraform: dict[str, tuple[str, ...]]
    terraform_digest: str
    approvals: tuple[Approved, ...]
    probes: tuple[dict[str, Any], ...]
    advice: tuple[str, ...]
    lines: tuple[Line, ...]
    broken: int | None
    cleanup: Cleanup | None = None

    @property
    def dry(self) -> bool:
        return self.clock.ending == "dry run"


def story_of(lines: Sequence[Line]) -> Story:
    """Reads a journal.

    Raises:
        recovery.errors.Missing: there is no line at all.
    """
    clock = Clock.of(lines)
    facts = facts_of(lines, clock)
    planned, probed = facts.by_step.get("plan Terraform", {}), facts.by_step.get("probe health", {}).get("probes")
    dry = clock.ending == "dry run"
    return Story(
        title=f"{'Dry run' if dry else 'Post-incident report'}: {facts.playbook} of {facts.application}",
        verdict=headline(lines, clock, facts),
        explained=tuple(explanation(lines, clock, facts)),
        about=_about(lines, facts),
        tiles=() if clock.ending in ("dry run", "nothing to do") else tiles(clock, facts),
        clock=clock,
        facts=facts,
        path=_told(clock),
        troubles=tuple(_troubles(clock)),
        decisions=tuple(_decision(step) for step in clock.steps if step.name not in AFTERWARDS) if dry else (),
        terraform={label: names for key, label in KINDS.items() if (names := texts(planned.get(key)))},
        terraform_digest=text(planned.get("digest")),
        approvals=approvals_of(lines),
        probes=tuple(probe for probe in probed if isinstance(probe, dict)) if isinstance(probed, list) else (),
        advice=tuple(improve(lines)),
        lines=tuple(lines),
        broken=first_break(lines),
        cleanup=cleanup_of(facts.by_step, {step.name: step.sentence for step in clock.steps}),
    )


def _about(lines: Sequence[Line], facts: Facts) -> dict[str, str]:
    found = {
        "Incident": facts.incident,
        "Opened": day_time(lines[0].at),
        "Started by": text(facts.opened.get("started_by")),
        "Owner": text(facts.plan.get("owner")),
        "Primary": _site(facts.plan.get("primary")),
        "Standby": _site(facts.plan.get("standby")),
        "Terraform": text(facts.opened.get("terraform")),
        "Glass broken": facts.break_glass,
    }
    return {label: value for label, value in found.items() if value}


def _site(value: Any) -> str:
    if not isinstance(value, dict):
        return text(value)
    return ", ".join(part for key in ("region", "address") if (part := text(value.get(key))))


def _told(clock: Clock) -> tuple[Segment, ...]:
    """The critical path with what is very short put together, so that it still adds up."""
    told = [segment for segment in clock.path if segment.share >= SMALLEST]
    rest = [segment for segment in clock.path if segment.share < SMALLEST and segment.seconds > 0]
    if not rest:
        return tuple(told)
    seconds, share = sum(segment.seconds for segment in rest), sum(segment.share for segment in rest)
    other = Segment(name="all shorter ones together", kind="wait", start=0.0, seconds=seconds, share=share)
    return (*told, other)


def _troubles(clock: Clock) -> list[tuple[str, str, str]]:
    found = []
    for span in clock.spans:
        if span.state in ("failed", "refused", "unfinished") and span.step not in AFTERWARDS:
            attempt = f", attempt {span.attempt}" if span.attempt > 1 else ""
            found.append((f"{span.step}{attempt}", STATE_WORDS[span.state], span.sentence))
    return found


def _decision(step: Step) -> tuple[str, str, str]:
    """In a dry run only what changes nothing is really done."""
    words = {"ok": "read only", "would": "would act", "found done": "nothing to do", "refused": "would be refused"}
    return step.name, words.get(step.state, STATE_WORDS[step.state]), step.sentence
