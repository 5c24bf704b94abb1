"""The journal: what a recovery was about to do and what came of it, append-only and hash-chained.

Every line is one JSON object that holds the BLAKE3 hash of the line before it, so that nothing can be changed, dropped
or put in later without showing. The report, the RTO clock, resume and the evidence read this file and nothing else.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from blake3 import blake3

from recovery.errors import NotProved, Refused
from recovery.model import Frozen, now

Kind = Literal["opened", "mark", "intent", "outcome", "found-done", "refused", "failure", "would", "closed"]
GENESIS = "0" * 64


class Line(Frozen):
    """One line.

    Args:
        number: from 0, without gaps.
        at: when it was written.
        kind: `opened` and `closed` frame the journal; `mark` is a moment of the RTO clock (detected, approved);
            `intent` stands before a step acts; `outcome`, `failure`, `found-done` or `refused` after it; `would`
            stands alone in a dry run.
        step: the step's name, or the mark's.
        sentence: what it means, in plain words.
        seconds: how long the step took, where it ended.
        data: facts, without secrets.
        before: the hash of the line before.
        hash: the hash of this line without this field.
    """

    number: int
    at: datetime
    kind: Kind
    step: str
    sentence: str
    seconds: float | None = None
    data: dict[str, Any] = {}
    before: str
    hash: str = ""


class Journal:
    """One incident's journal file. Safe to write from several threads of one process."""

    def __init__(self, path: Path, clean: Callable[[str], str] = lambda text: text) -> None:
        """Opens the journal, or begins it.

        Args:
            path: the file; its folder is made, for this user only.
            clean: takes known secrets out of a text.

        Raises:
            NotProved: the file there is not a whole chain.
        """
        self.path, self._clean = path, clean
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Line], None]] = []
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _drop_torn_line(path)
        self._lines = list(read_journal(path)) if path.exists() else []
        self._size = path.stat().st_size if path.exists() else 0

    @property
    def lines(self) -> tuple[Line, ...]:
        with self._lock:
            return tuple(self._lines)

    def listen(self, listener: Callable[[Line], None]) -> None:
        """Calls the listener after every line that is written from now on. It must return at once."""
        self._listeners.append(listener)

    def write(self, kind: Kind, step: str, sentence: str, seconds: float | None = None, /, **data: Any) -> Line:
        """Appends one line and has it on disk before returning.

        Raises:
            Refused: another process has written to the file since: that run goes on with it, and this one must not.
        """
        with self._lock:
            line = self._next(kind, step, sentence, seconds, data)
            with self.path.open("ab") as file:
                if file.tell() != self._size:
                    raise _taken_over(self.path)
                self._size += file.write(_encode(line))
                file.flush()
                os.fsync(file.fileno())
            self._lines.append(line)
        for listener in self._listeners:
            listener(line)
        return line

    def _next(self, kind: Kind, step: str, sentence: str, seconds: float | None, data: dict[str, Any]) -> Line:
        clean_data = json.loads(self._clean(json.dumps(data, default=str)))
        bare = Line(
            number=len(self._lines),
            at=now(),
            kind=kind,
            step=step,
            sentence=self._clean(sentence),
            seconds=None if seconds is None else round(seconds, 3),
            data=clean_data,
            before=self._lines[-1].hash if self._lines else GENESIS,
        )
        return bare.model_copy(update={"hash": _hash(bare)})


def read_journal(path: Path) -> Iterator[Line]:
    """Reads a journal and checks its chain.

    Raises:
        NotProved: a line was changed, dropped or put in; the message names the first such line.
    """
    yield from parse_journal(path.read_bytes(), str(path))


def parse_journal(data: bytes, where: str) -> Iterator[Line]:
    """The same, of a journal's bytes; `where` names it in messages."""
    before = GENESIS
    for number, raw in enumerate(data.splitlines()):
        line = _decode(raw, number, where)
        bare = line.model_copy(update={"hash": ""})
        if line.number != number or line.before != before or line.hash != _hash(bare):
            raise _broken(where, number)
        before = line.hash
        yield line


def _decode(raw: bytes, number: int, where: str) -> Line:
    try:
        return Line.model_validate_json(raw)
    except ValueError as error:
        raise _broken(where, number) from error


def _broken(where: str, number: int) -> NotProved:
    return NotProved(
        f"The journal {where} is not what was written: its chain breaks at line {number + 1}.",
        remedy="Compare it with the copy in the vault; do not go on from this one.",
    )


def _taken_over(path: Path) -> Refused:
    return Refused(
        f"Another run has written to the journal {path}: it goes on with this incident.",
        remedy="Follow that run; this one does nothing more.",
    )


def _encode(line: Line) -> bytes:
    return line.model_dump_json().encode() + b"\n"


def _hash(bare: Line) -> str:
    return blake3(json.dumps(bare.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


def _drop_torn_line(path: Path) -> None:
    """A machine that died while a line was written leaves half of it: that line never counted, so it goes."""
    if not path.exists():
        return
    raw = path.read_bytes()
    if raw and not raw.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(raw.rfind(b"\n") + 1)
