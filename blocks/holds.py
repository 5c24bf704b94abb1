"""The holds on an application's backups, as they are on record in its vaults."""

from collections.abc import Mapping

from blocks.keys import BackupKeys
from blocks.signed_records import SignedRecords
from blocks.vaults.kind import Vault
from recovery.errors import NotProved
from recovery.hold import Hold, Release, Standing

RELEASED = ".released"


class Holds:
    """Layout: `holds/<application>/<incident>.json` and `.sig`; `holds/<application>/<incident>.released.json`, `.sig`.

    Whoever can only write to a vault can add a hold, and cannot lift one: a hold that cannot be read, or of which only
    half is left, goes on holding, and a release counts only with its signature.
    """

    def __init__(self, vaults: Mapping[str, Vault], keys: BackupKeys) -> None:
        self._records = SignedRecords(vaults, keys)

    def place(self, hold: Hold) -> None:
        """Puts a hold on record. Idempotent."""
        self._records.write(_path(hold.application, hold.incident), hold)

    def release(self, release: Release) -> None:
        """Puts on record that a person lifted it. The hold's own record stays."""
        self._records.write(f"{_path(release.application, release.incident)}{RELEASED}", release)

    def standing(self, application: str) -> list[Standing]:
        """Every hold that was not released, the oldest first.

        Raises:
            RecoveryError: a vault could not be read, so nobody knows.
        """
        prefix = f"holds/{application}/"
        paths = self._records.paths(prefix)
        incidents = {path.removeprefix(prefix).removesuffix(RELEASED) for path in paths}
        found = [self._standing(application, each, paths) for each in sorted(incidents)]
        return [each for each in found if each]

    def _standing(self, application: str, incident: str, paths: list[str]) -> Standing | None:
        path, fault, hold = _path(application, incident), "", None
        if f"{path}{RELEASED}" in paths:
            try:
                release = self._records.read(f"{path}{RELEASED}", Release)
                if (release.application, release.incident) == (application, incident):
                    return None
                fault = "its release is that of another hold"
            except NotProved as error:
                fault = error.what
        try:
            hold = self._records.read(path, Hold)
        except NotProved as error:
            fault = error.what
        return Standing(incident=incident, hold=hold, fault=fault)


def _path(application: str, incident: str) -> str:
    return f"holds/{application}/{incident}"
