"""Asks a PostgreSQL database `select 1`."""

import time

from blocks.sources.postgresql_connection import PostgresServer
from recovery.errors import RecoveryError
from tasks.requests import ProbeResult
from tasks.uptime.kind import TIMEOUT, UptimeQuestion


class PostgresQuestion(UptimeQuestion):
    """The database of the site that is live answers, within seconds.

    Args:
        at_primary: the database there.
        at_standby: the database there, if it is to be asked.
        standby: the standby's address.
    """

    def __init__(self, at_primary: PostgresServer, at_standby: PostgresServer | None, standby: str) -> None:
        self._at_primary, self._at_standby, self._standby = at_primary, at_standby, standby

    def ask(self, address: str) -> ProbeResult:
        begun = time.monotonic()
        block = self._at_standby if address == self._standby and self._at_standby else self._at_primary
        seconds = int(TIMEOUT)
        server = block.model_copy(update={"connect_timeout_seconds": seconds, "statement_timeout_seconds": seconds})
        try:
            with server.connected(server.database) as database:
                row = database.execute("select 1").fetchone()
            ok, sentence = row == (1,), f"postgresql: {server.label(server.database)} answers"
        except RecoveryError as error:
            ok, sentence = False, f"postgresql: {error.what.rstrip('.')}"
        return ProbeResult(name="postgresql", ok=ok, sentence=sentence, status=None, seconds=time.monotonic() - begun)
