"""The coverage ledger as one run of verifications sees it: read from the vault once, then kept up."""

from blocks.backups import BackupStore
from recovery.choose import BackupSummary
from recovery.coverage import Ledger, keep_ledger
from recovery.verification import Verification
from recovery.walk_back import compare_with


class CoverageBook:
    """Not a dataclass, so that Prefect passes it on as it is."""

    def __init__(self, store: BackupStore, application: str, rules: str | None = None) -> None:
        """Args:
        rules: on a walk back after ransomware, those of today: then only what they found clean is compared with.
        """
        self._store, self._application, self.rules = store, application, rules
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
        ledger = self.ledger
        older = [each for each in ledger.backups if each.proved and each.backup < backup]
        found = compare_with(ledger, backup, self.rules) if self.rules else next(iter(older), None)
        if found is None:
            return None, {}
        measured = [one.measures for one in self._records if one.backup == found.backup and one.measures]
        return found.backup, measured[-1] if measured else {}
