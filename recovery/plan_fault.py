"""What is wrong with a plan, and where."""

from pathlib import Path
from typing import NamedTuple

from recovery.errors import RecoveryError

# Keys and indexes from the plan's top to a value: ("components", "database", "after", 0).
Where = tuple[str | int, ...]


class Finding(NamedTuple):
    """A fault, by the path of keys that leads to it.

    Args:
        where: the path.
        what: what is wrong, without a full stop.
        write_instead: what to write.
    """

    where: Where
    what: str
    write_instead: str


class Fault(NamedTuple):
    """A fault, by its place in the file.

    Args:
        line, column: from 1. Where a key is missing, the place of what should hold it.
        where: the path with dots, `components.database.source`.
        what: what is wrong, without a full stop.
        write_instead: what to write.
    """

    line: int
    column: int
    where: str
    what: str
    write_instead: str


class PlanInvalid(RecoveryError):
    """A plan that cannot be used, with all its faults."""

    def __init__(self, path: Path, faults: tuple[Fault, ...]) -> None:
        self.path, self.faults = path, faults
        count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(
            f"The plan has {count}:\n{render_faults(path, faults)}\n",
            remedy="Mend the plan and run `lifeboat plan check` on it.",
        )


def say_where(where: Where) -> str:
    """`("a", "b", 0)` as `a.b[0]`; the whole file as `the plan`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where)
    return text.lstrip(".") or "the plan"


def render_faults(path: Path, faults: tuple[Fault, ...] | list[Fault]) -> str:
    """One line a fault: `file:line: where: what. Write: ...`."""
    return "\n".join(
        f"{path}:{each.line}: {each.where}: {_end(each.what)} Write: {each.write_instead}" for each in faults
    )


def render_warnings(path: Path, warnings: list[Fault]) -> str:
    """One line a warning: `file:line: where: warning: what. Better: ...`."""
    return "\n".join(
        f"{path}:{each.line}: {each.where}: warning: {_end(each.what)} Better: {each.write_instead}"
        for each in warnings
    )


def _end(sentence: str) -> str:
    return sentence if sentence.endswith("?") else f"{sentence}."
