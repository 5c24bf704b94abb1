"""A readiness check as a page."""

from recovery.readiness import WORST_FIRST, Readiness


def render_readiness(found: Readiness) -> str:
    """A page of Markdown, what is wrong first."""
    signs = {"ready": "🟢 ready", "warning": "🟡 warning", "not ready": "🔴 not ready"}
    ordered = sorted(found.checks, key=lambda each: (WORST_FIRST.index(each.state), each.name))
    lines = [f"# {found.application}: {signs[found.state]}", "", f"Looked at {found.at:%Y-%m-%d %H:%M:%S} UTC.", ""]
    lines += ["| Check | State | What was seen | What to do |", "|---|---|---|---|"]
    lines += [f"| {_row(each.name, signs[each.state], each.sentence, each.remedy)} |" for each in ordered]
    return "\n".join([*lines, ""])


def _row(*cells: str) -> str:
    return " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells)
