"""What the monitor leaves in the vault for others, and reads there: what vantage points see, and earlier failovers."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from blocks.vaults.kind import Entry, Vault
from recovery.errors import Missing, NotProved
from recovery.history import journals
from recovery.journal import parse_journal, read_journal
from recovery.model import now
from recovery.past import PastFailover, past_failover
from recovery.vantage import Observation


class Records:
    """The records of one application.

    Args:
        vault: the vault of its backups.
        application: its name.
    """

    def __init__(self, vault: Vault, application: str) -> None:
        self._vault, self._application = vault, application

    def observe(self, observation: Observation) -> None:
        """Tells the other vantage points. Raises `Unreachable` where the vault does not answer."""
        self._vault.put(self._place(observation.vantage_point), observation.model_dump_json().encode())

    def observations(self, names: Iterable[str]) -> list[Observation]:
        """What the named vantage points told last; one that told nothing, or nothing readable, is left out."""
        found = []
        for name in names:
            try:
                found.append(Observation.model_validate_json(self._vault.get(self._place(name)).data))
            except (Missing, ValidationError):
                continue
        return found

    def past(self, within: timedelta) -> list[PastFailover]:
        """The failovers of the last so long, by the journals in the vault and on this machine.

        Raises:
            RecoveryError: the vault does not answer.
        """
        since = now() - within
        found = {each.incident: each for each in (*self._in_vault(since), *self._here(since))}
        return list(found.values())

    def _in_vault(self, since: datetime) -> Iterator[PastFailover]:
        begins = f"journals/{self._application}/{self._application}-failover-"
        for entry in self._vault.entries(begins):
            if entry.written_at < since:
                continue
            if (past := _past(self._vault.get(entry.key).data, entry)) is not None:
                yield past

    def _here(self, since: datetime) -> Iterator[PastFailover]:
        for path in journals():
            if path.stat().st_mtime < since.timestamp():
                return
            if not path.parent.name.startswith(f"{self._application}-failover-"):
                continue
            try:
                past = past_failover(tuple(read_journal(path)))
            except NotProved:
                continue
            if past is not None:
                yield past

    def _place(self, vantage_point: str) -> str:
        return f"observations/{self._application}/{vantage_point}.json"


def _past(data: bytes, entry: Entry) -> PastFailover | None:
    """A journal that cannot be read, maybe as it was being written, counts as a failover: that is the safe side."""
    try:
        return past_failover(tuple(parse_journal(data, entry.key)))
    except NotProved:
        name, at = Path(entry.key).stem, entry.written_at
        return PastFailover(incident=name, began=at, ended=at, automatic=True)
