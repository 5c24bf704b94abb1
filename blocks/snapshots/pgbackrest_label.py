"""One backup in a pgBackRest repository, as `pgbackrest info` tells it."""

from typing import Any

from recovery.model import Frozen

# Our annotations: the backup's name, its restore point, the file of the log in which that lies, what was held there.
NAME, POINT, SEGMENT, DIGEST = "lifeboat", "lifeboat-point", "lifeboat-wal", "lifeboat-content"
NO_POINT = "none"


class Label(Frozen):
    """Args:
    label: pgBackRest's own.
    kind: full, diff or incr.
    stopped: when it was finished, in seconds since 1970.
    size: what it added to the repository, in bytes.
    needs: labels of backups without which it cannot be restored.
    notes: its annotations.
    encrypted: whether the repository is.
    damaged: pages whose checksum was wrong when they were read.
    history: the cluster's number in the repository; it changes with a new major version.
    first, last: names of the files of the log that were written while it was taken.
    """

    label: str
    kind: str
    stopped: int
    size: int
    needs: tuple[str, ...]
    notes: dict[str, str]
    encrypted: bool
    damaged: bool
    history: int
    first: str
    last: str

    @property
    def last_needed(self) -> str:
        """The last file of the log that `restore` needs."""
        point = self.notes.get(SEGMENT, NO_POINT)
        return self.last if point == NO_POINT else max(self.last, point)


def read_label(row: dict[str, Any], encrypted: bool) -> Label:
    return Label(
        label=row["label"],
        kind=row["type"],
        stopped=row["timestamp"]["stop"],
        size=row["info"]["repository"]["delta"],
        needs=tuple(row.get("reference") or ()),
        notes=row.get("annotation") or {},
        encrypted=encrypted,
        damaged=bool(row.get("error")),
        history=row["database"]["id"],
        first=row["archive"]["start"],
        last=row["archive"]["stop"],
    )
