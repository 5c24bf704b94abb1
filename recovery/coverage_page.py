"""The coverage ledgers of the fleet as a page of Markdown: every backup, how deep it was verified, and when."""

from collections.abc import Sequence
from datetime import datetime

from recovery.coverage import NEVER, Covered, Ledger
from recovery.duration import say_duration
from recovery.fleet import say_moment
from recovery.fleet_page import table_row

MOST_ROWS = 500
_HEAD = (
    "| Backup | Taken | Depth | Last verified | It took | RPO at that moment | Found |",
    "|---|---|---|---|---|---|---|",
)


def render_coverage(ledgers: Sequence[Ledger], now: datetime) -> str:
    """The ledgers, by application. Of a large fleet each shows its newest backups only, and says so."""
    most = max(1, MOST_ROWS // max(1, len(ledgers)))
    lines = [f"# Coverage of {len(ledgers)} application(s)", "", f"Read at {say_moment(now)}."]
    for ledger in sorted(ledgers, key=lambda each: each.application):
        lines += ["", f"## {ledger.application}", ""]
        lines += [*_HEAD, *(_row(each) for each in ledger.backups[:most])] if ledger.backups else ["No backup at all."]
        if (more := len(ledger.backups) - most) > 0:
            lines += ["", f"{more} older ones are left out here."]
    return "\n".join([*lines, ""])


def _row(each: Covered) -> str:
    taken = say_moment(each.taken_at) if each.taken_at else "unknown"
    at = say_moment(each.at) if each.at else "never"
    took = "" if each.seconds is None else say_duration(each.seconds)
    point = each.recovery_point_seconds
    back = say_duration(max(0.0, point)) if point is not None else "nothing was proved" if each.at else ""
    return table_row([each.backup, taken, each.depth or NEVER, at, took, back, _found(each)])


def _found(each: Covered) -> str:
    if each.problem:
        return f"{each.problem_kind}: {each.problem}"
    if each.unfinished:
        return f"unfinished: {each.unfinished}"
    return "equal to its source" if each.proved else ""
