"""Data in a vault that belongs to no backup: somebody took one, and was killed before its manifest was written."""

from collections import defaultdict
from datetime import datetime

from blocks.removing import remove_data
from blocks.sharing import claimed
from blocks.vaults.kind import Vault
from recovery.errors import Refused
from recovery.model import Frozen


class Leftover(Frozen):
    """Args:
    backup: the identifier it would have had.
    size: in bytes.
    unfinished: whether it is no backup, and so may be removed. Where a signature or a verification of it is there, it
        was one: its manifest was taken away, and a person has to look at it.
    shared: whether it is what is left of a removed backup: groups of files that later ones needed, and none does now.
    """

    backup: str
    size: int
    unfinished: bool
    shared: bool = False

    @property
    def what(self) -> str:
        if not self.unfinished:
            return "was a backup once: who took its manifest away?"
        return "is needed by no later backup any more" if self.shared else "was never finished"

    @property
    def sentence(self) -> str:
        return f"{self.backup}, {self.size / 1e6:,.1f} MB without a manifest, {self.what}"


def find_leftovers(vault: Vault, application: str, before: datetime) -> list[Leftover]:
    """Data without a manifest of which nothing was written since that moment.

    Args:
        before: long enough ago that no backup is under way any more that wrote nothing since.

    Raises:
        Unreachable: the vault could not be reached.
    """
    written: dict[str, datetime] = {}
    sizes: dict[str, int] = defaultdict(int)
    entries = vault.entries(f"data/{application}/")
    keyed = {entry.key.split("/")[2] for entry in entries if entry.key.endswith("/key.age")}
    needed = claimed(vault, application)
    for entry in entries:
        if entry.key in needed:
            continue
        backup = entry.key.split("/")[2]
        written[backup] = max(entry.written_at, written.get(backup, entry.written_at))
        sizes[backup] += entry.size
    # Listed after the data: a backup that was finished in between has its manifest in this list.
    manifests = {entry.key.rpartition("/")[2] for entry in vault.entries(f"manifests/{application}/")}
    verified = {entry.key.split("/")[2] for entry in vault.entries(f"verifications/{application}/")}
    return [
        Leftover(
            backup=backup,
            size=sizes[backup],
            unfinished=f"{backup}.sig" not in manifests and backup not in verified,
            shared=backup not in keyed,
        )
        for backup, at in sorted(written.items())
        if at < before and f"{backup}.json" not in manifests
    ]


def remove_leftover(vault: Vault, application: str, leftover: Leftover) -> None:
    """Removes what never became a backup.

    Raises:
        Refused: it was a backup, or a lock holds it.
        Unreachable: the vault could not be reached.
    """
    if not leftover.unfinished:
        raise Refused(f"{leftover.sentence}.", remedy="Find out, then remove it by hand.")
    remove_data(vault, application, leftover.backup)
