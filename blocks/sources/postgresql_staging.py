"""The database that a restore fills, from its creation to the name that says it is whole."""

from pathlib import Path

from blocks.sources.postgresql_connection import PostgresServer
from blocks.sources.postgresql_pipes import ProgramInput
from blocks.sources.postgresql_swap import creating, drop, rename, settings

_RESTORE = ("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--no-password")
_SESSION = "-c synchronous_commit=off"


class Staging:
    """Args to its methods named `archive`: a dump, or as much of one as holds its table of contents."""

    def __init__(self, server: PostgresServer, staged: str, jobs: int, seconds: float) -> None:
        """Args:
        server: where to.
        staged: the name that a whole restore gets.
        jobs: how many connections restore at once.
        seconds: the deadline of each step.
        """
        self._server, self._staged, self._jobs, self._seconds = server, staged, jobs, seconds
        self._name, self._programs, self._script = f"{server.database}__staging", server.client_programs(), ""

    def contents(self, archive: Path) -> str:
        """Its table of contents. Raises `RecoveryError` where the archive does not hold all of it."""
        return self._programs.run("pg_restore", "--list", str(archive), seconds=60)

    def create(self, archive: Path) -> None:
        """An empty database like the one that was dumped; an earlier one is dropped."""
        self._script = self._programs.run(
            "pg_restore", "--create", "--schema-only", "--file=-", str(archive), seconds=60
        )
        with self._server.connected(self._server.maintenance_database) as server:
            drop(server, self._name)
            server.execute(creating(self._script, self._name))

    def fill(self, *options: str, archive: Path) -> None:
        command = (*_RESTORE, f"--dbname={self._name}", f"--jobs={self._jobs}", *options, str(archive))
        self._programs.run(*command, seconds=self._seconds, PGOPTIONS=_SESSION)

    def feed(self, *options: str) -> ProgramInput:
        """The same by one connection, of what is written to it."""
        command = (*_RESTORE, f"--dbname={self._name}", *options)
        return self._programs.feed(*command, seconds=self._seconds, PGOPTIONS=_SESSION)

    def finish(self) -> None:
        with self._server.connected(self._name) as restored:
            for statement in settings(self._script, self._name):
                restored.execute(statement)
            restored.execute("analyze")
        # Only a whole restore gets the name that `activate` looks for.
        with self._server.connected(self._server.maintenance_database) as server:
            drop(server, self._staged)
            rename(server, self._name, self._staged)
