"""The timeline as letters, for Markdown."""

from recovery.clock import Clock
from recovery.clock_objectives import say
from recovery.clock_spans import Span
from recovery.report_axis import shortened
from recovery.report_rows import after, attempts

COLUMNS = 48  # letters of the drawn timeline
_FILL = {"ok": "█", "failed": "✕", "refused": "✕", "found done": "▒", "would": "▒", "unfinished": "░"}


def bars(clock: Clock) -> str:
    """The timeline as text: one row a step, in a block that no text can leave."""
    steps = attempts(clock)
    if not steps:
        return ""
    width = min(26, max(len(spans[0].step) for spans in steps))
    rows = []
    for spans in steps:
        name = shortened(" ".join(spans[0].step.split()), width).replace("`", "'")
        drawn = [" "] * COLUMNS
        for span in spans:
            _draw(drawn, span, clock.total)
        rows.append(f"{name:<{width}} │{''.join(drawn)}│ {after(spans)}")
    scale = f"{'':<{width}}  0{say(clock.total):>{COLUMNS - 1}}"
    return "\n".join(["```text", *rows, scale, "```"])


def _draw(drawn: list[str], span: Span, total: float) -> None:
    scale = COLUMNS / total if total else 0.0
    first = min(COLUMNS - 1, int(span.start * scale))
    for column in range(first, min(COLUMNS, max(first + 1, round(span.end * scale)))):
        drawn[column] = _FILL[span.state]
