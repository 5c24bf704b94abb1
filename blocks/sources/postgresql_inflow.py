"""Restoring a dump while it arrives: tables and rows from a pipe, then indexes and constraints by several jobs.

Those need the archive's table of contents alone, so only its head is kept in a file.
"""

import contextlib
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType

from blocks.sources.postgresql_pipes import ProgramInput
from blocks.sources.postgresql_staging import Staging
from recovery.errors import RecoveryError
from recovery.restoring import in_one_transaction
from recovery.streams import BLOCK


class Inflow(contextlib.AbstractContextManager["Inflow"]):
    """Takes a dump in pg_dump's custom format. Left without an error, it is restored whole, and named so."""

    def __init__(self, staging: Staging, folder: Path) -> None:
        """Args:
        staging: what is filled.
        folder: where the head is kept, a little more than the table of contents.
        """
        self._staging = staging
        self._head = NamedTemporaryFile(prefix="head-", dir=folder)  # noqa: SIM115 - lives as long as the context
        self._needed = BLOCK
        self._program: ProgramInput | None = None

    def write(self, data: bytes) -> int:
        if self._program is not None:
            return self._program.write(data)
        self._head.write(data)
        if self._head.tell() >= self._needed:
            self._needed *= 2
            # Where the contents end is known to pg_restore alone: it reads them, or says that there is more.
            contents = ""
            with contextlib.suppress(RecoveryError):
                contents = self._staging.contents(self._flushed())
            if contents:
                self._begin(contents)
        return len(data)

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        with self._head, contextlib.ExitStack() as stack:
            if error is None and self._program is None:
                self._begin(self._staging.contents(self._flushed()))
            if self._program is not None:
                stack.callback(self._program.close)
                if error is None:
                    self._program.finish()
                    self._staging.fill("--section=post-data", archive=self._flushed())
                    self._staging.finish()

    def _begin(self, contents: str) -> None:
        head = self._flushed()
        self._staging.create(head)
        together = ("--single-transaction",) if in_one_transaction(contents) else ()
        self._program = self._staging.feed("--section=pre-data", "--section=data", *together)
        with head.open("rb") as file:
            while block := file.read(BLOCK):
                self._program.write(block)

    def _flushed(self) -> Path:
        self._head.flush()
        return Path(self._head.name)
