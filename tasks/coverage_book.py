"""The coverage ledger as one run of verifications sees it: read from the vault once, then kept up."""

from blocks.backups import BackupStore
from recovery.choose import BackupSummary
from recovery.coverage import Ledger, keep_ledger
from recovery.verification import Verification


class CoverageBook:
    """Not a dataclass, so that Prefect passes it on as it is."""

    def __init__(self, store: BackupStore, application: str) -> None:
        self._store, self._application = store, application
        self.backups: list[BackupSummary] = []
        self._records: list[Verification] = []

    def read(self) -> "CoverageBook":
        """Reads every manifest and every record of a verification."""
        self.backups = self._store.list(self._application)
        self._records = self._store.verifications(self._application)
        return self

    def add(self, record: Verification) -> None:
        """Keeps a record that was written just now."""
        self._records.append(record)

    @property
    def ledger(self) -> Ledger:
        return keep_ledger(self._application, self.backups, self._records)

    def proved_before(self, backup: str) -> tuple[str | None, dict[str, float]]:
        """The newest proved backup that is older than this one, and what its verification measured."""
        older = [each.backup for each in self.ledger.backups if each.proved and each.backup < backup]
        if not older:
            return None, {}
        measured = [one.measures for one in self._records if one.backup == older[0] and one.measures]
        return older[0], measured[-1] if measured else {}
