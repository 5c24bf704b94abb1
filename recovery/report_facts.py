"""What a failover's journal says beside the times: what was restored, fenced, swapped and changed, and what failed."""

from collections.abc import Sequence
from typing import Any

from recovery.clock import Clock
from recovery.clock_marks import DATA_LOSS
from recovery.clock_objectives import number
from recovery.clock_spans import ENDS
from recovery.journal import Line
from recovery.report_parts import Backup, Dns, Facts, Fence, Loss, Restored
from recovery.report_words import moment, text, texts

DONE = ("ok", "found done")
# The same of a site that is failed over from, and of one that is taken out of rotation.
FENCED = ("fence primary", "fence site")
SWAPPED, PROBED = ("swap DNS", "take site out"), ("probe DNS", "probe rotation")


def facts_of(lines: Sequence[Line], clock: Clock) -> Facts:
    """Reads the facts; what the journal does not hold stays empty."""
    opened = next((line for line in lines if line.kind == "opened"), lines[0])
    plan = opened.data.get("plan")
    dry = clock.ending == "dry run"
    by_step: dict[str, dict[str, Any]] = {}
    for line in lines:
        if line.kind in ENDS or (dry and line.kind == "intent"):
            by_step[line.step] = {**by_step.get(line.step, {}), **line.data}
    return Facts(
        playbook=opened.step,
        application=text(opened.data.get("application"), "the application"),
        incident=text(opened.data.get("incident"), "without a number"),
        opened=opened.data,
        plan=plan if isinstance(plan, dict) else {},
        dry_run=dry,
        loss=_loss(lines),
        backup=_backup(by_step.get("choose backup"), clock),
        restored=() if dry else tuple(_restored(clock, by_step)),
        fence=None if dry else _fence(by_step, clock),
        dns=_dns(by_step, clock),
        by_step=by_step,
    )


def _loss(lines: Sequence[Line]) -> Loss | None:
    data = next((line.data for line in reversed(lines) if line.kind == "mark" and line.step == DATA_LOSS), None)
    if data is None:
        return None
    before = number(data.get("orders_before")) or None  # Without a witness nobody counted: 0 is no count.
    return Loss(
        before=before,
        recovered=number(data.get("orders_recovered")) if before else None,
        lost=number(data.get("lost")) if before else None,
        newest_lost=moment(data.get("newest_lost_at")),
        newest_recovered=moment(data.get("newest_recovered_at")),
        method=text(data.get("method")),
    )


def _backup(data: dict[str, Any] | None, clock: Clock) -> Backup | None:
    if not data or not data.get("backup"):
        return None
    return Backup(
        name=text(data.get("backup")),
        taken_at=moment(data.get("taken_at")),
        verified_at=moment(data.get("verified_at")),
        passed_over=texts(data.get("passed_over")),
        sentence=_sentence(clock, "choose backup"),
    )


def _restored(clock: Clock, by_step: dict[str, dict[str, Any]]) -> list[Restored]:
    steps = [step for step in clock.steps if step.name.startswith("restore ")]
    return [
        Restored(
            step=step.name,
            part=text(data.get("part"), step.name.removeprefix("restore ")),
            backup=text(data.get("backup")),
            proved=data.get("proved") is True if step.state in DONE or data.get("error") == "NotProved" else None,
            checked=number(data.get("checked")),
            sentence=text(data.get("sentence"), step.sentence),
            rows=number(data.get("rows")),
            bytes=number(data.get("bytes")),
        )
        for step in steps
        for data in (by_step.get(step.name, {}),)
    ]


def _fence(by_step: dict[str, dict[str, Any]], clock: Clock) -> Fence | None:
    """Where both sites serve, the plan may name no fence: then there is nothing to prove."""
    fenced = [step for step in clock.steps if step.name in FENCED]
    if not fenced or (fenced[0].name, fenced[0].state) == ("fence site", "found done"):
        return None
    name = fenced[0].name
    data = by_step.get(name, {})
    return Fence(
        proved=data.get("proved") is True,
        method=text(data.get("method")),
        evidence=texts(data.get("evidence")),
        sentence=_sentence(clock, name),
    )


def _dns(by_step: dict[str, dict[str, Any]], clock: Clock) -> Dns:
    swap, probe = (_first(by_step, names) for names in (SWAPPED, PROBED))
    answers = probe.get("answers")
    return Dns(
        state=next((step.state for step in clock.steps if step.name in SWAPPED), "not begun"),
        before=text(swap.get("before")),
        after=text(swap.get("after")),
        change=text(swap.get("change")),
        answers={server: text(given) for server, given in answers.items()} if isinstance(answers, dict) else {},
        drained_seconds=number(probe.get("drained_seconds")),
    )


def _first(by_step: dict[str, dict[str, Any]], names: tuple[str, ...]) -> dict[str, Any]:
    return next((by_step[name] for name in names if name in by_step), {})


def _sentence(clock: Clock, name: str) -> str:
    return next((step.sentence for step in clock.steps if step.name == name), "")
