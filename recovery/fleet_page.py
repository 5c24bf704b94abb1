"""Where every application stands, as one page of Markdown for the Prefect UI."""

from collections.abc import Sequence
from datetime import datetime

from recovery.duration import say_duration
from recovery.fleet import Standing, State, say_moment

_SIGNS: dict[State, str] = {"green": "🟢 green", "stale": "🟡 stale", "failed": "🔴 failed"}
_WORST_FIRST: dict[State, int] = {"failed": 0, "stale": 1, "green": 2}
MOST_ROWS = 200


def render_page(standings: Sequence[Standing], now: datetime) -> str:
    """The fleet as a page of Markdown, the worst first."""
    ordered = sorted(standings, key=lambda each: (_WORST_FIRST[each.state], each.application))
    counted = ", ".join(f"{sum(each.state == state for each in ordered)} {state}" for state in _SIGNS)
    lines = [f"# Backups of {len(ordered)} application(s): {counted}", "", f"Judged at {say_moment(now)}.", ""]
    lines += ["| Application | State | Why | Newest proved backup | Its age | Objective | Locked until | Coverage |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    lines += [_table_row(each) for each in ordered[:MOST_ROWS]]
    if len(ordered) > MOST_ROWS:
        lines += ["", f"{len(ordered) - MOST_ROWS} more are left out here."]
    alerts = [each.alert for each in ordered if each.alert]
    if alerts:
        lines += ["", "## What is not recoverable", "", *(f"- {_cell(alert)}" for alert in alerts)]
    kept = [f"{each.application}: {line}" for each in ordered for line in each.kept]
    if kept:
        lines += ["", "## Backups that their own provider keeps", "", *(f"- {_cell(line)}" for line in kept)]
    return "\n".join([*lines, ""])


def _table_row(each: Standing) -> str:
    age = "never" if each.age_seconds is None else say_duration(max(0.0, each.age_seconds))
    objective = "unknown" if each.rpo_seconds is None else say_duration(each.rpo_seconds)
    depths = ", ".join(f"{count} {depth}" for depth, count in each.coverage.items())
    coverage = f"{each.proved} of {each.backups} proved" + (f" ({depths})" if depths else "")
    locked = say_moment(each.locked_until) if each.locked_until else "no lock"
    cells = [each.application, _SIGNS[each.state], each.why, each.newest_proved or "none", age, objective, locked]
    return table_row([*cells, coverage])


def table_row(cells: Sequence[str]) -> str:
    """One row of a table in Markdown."""
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """Text that cannot break out of its cell: names of files and tables are other people's."""
    for mark in "\\`*_<>[]|":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
