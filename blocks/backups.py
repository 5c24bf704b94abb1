"""Backups in a vault: taken, listed, fetched, vouched for."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from blocks.backup_care import BackupCare
from blocks.backup_opening import open_bytes, open_streams
from blocks.backup_shelf import write_verification
from blocks.backup_taking import take
from blocks.backup_writing import Say
from blocks.everywhere import Everywhere
from blocks.keys import BackupKeys
from blocks.shelves import Shelves
from blocks.sources.kind import Source
from blocks.vaults.kind import Vault
from recovery.backup_content import contents_of, read_content
from recovery.choose import BackupSummary
from recovery.content import Content
from recovery.duration import say_duration
from recovery.errors import NotProved
from recovery.manifest import Manifest, canonical
from recovery.memory import use_memory_again
from recovery.model import now
from recovery.sealing import CHUNK_BYTES
from recovery.signing import sign
from recovery.streams import Sink
from recovery.verification import Depth, Finding, Verification


class BackupStore:
    """The backups of every application in one vault, under one set of keys.

    Layout: `manifests/<application>/<backup>.json` and `.sig`; `data/<application>/<backup>/…`;
    `verifications/<application>/<backup>/<time>.json` and `.sig`. `care` is what is done to backups afterwards.
    """

    def __init__(
        self, vault: Vault, keys: BackupKeys, chunk_bytes: int = CHUNK_BYTES, copies: Mapping[str, Vault] | None = None
    ) -> None:
        """Args:
        chunk_bytes: the size of the objects that data is cut into.
        copies: more vaults, by name, that get every backup too. What is read comes from the first that has it whole.
        """
        use_memory_again()
        self._vaults = {"the main vault": vault, **(copies or {})}
        self._keys, self._chunk_bytes, self._shelves = keys, chunk_bytes, Shelves(self._vaults, keys)
        self.care = BackupCare(self._vaults, keys, self._shelves)

    def take(self, application: str, parts: Mapping[str, Source], say: Say) -> Manifest:
        """Takes a backup of every source, each at one moment, all moments as close together as can be.

        Args:
            parts: component name to source. The first is read first and its snapshot released first.
            say: takes each line of progress.

        Raises:
            RecoveryError: nothing is left of the backup, or the error says what is. A vault that fails among several
                only loses its copy: that is said, and the others are whole.
        """
        everywhere = Everywhere(self._vaults)
        manifest = take(everywhere, self._shelves, self._keys, application, parts, say, self._chunk_bytes)
        for sentence in everywhere.tidy(application, manifest.backup, manifest.prefix):
            say(sentence)
        return manifest

    def manifest(self, application: str, backup: str) -> Manifest:
        """The manifest of a backup, its signature checked.

        Raises:
            NotProved: it is missing, or not what was signed.
        """
        return self._shelves.first(lambda shelf: shelf.manifest(application, backup))

    def fetch(self, manifest: Manifest, part: str, into: Path, say: Say) -> None:
        """Downloads, checks, decrypts and decompresses one part's archive. There is all of the file, or none.

        Raises:
            NotProved: an object is missing, or not what was stored; the message names backup and object.
        """
        partial = into.with_name(into.name + ".partial")
        try:
            with partial.open("wb") as file:
                self.pour(manifest, part, file, say)
            partial.replace(into)
        finally:
            partial.unlink(missing_ok=True)

    def pour(self, manifest: Manifest, part: str, into: Sink, say: Say) -> None:
        """The same into whatever takes bytes. After an error what was written is worthless."""
        begun, archives = time.monotonic(), manifest.part(part).archives
        open_streams(self._shelves, manifest, archives, into)
        size = sum(archive.size for archive in archives)
        say(f"{part}: {size / 1e6:,.0f} MB fetched in {say_duration(time.monotonic() - begun)}.")

    def expected(self, manifest: Manifest, part: str) -> Content:
        """What the part's source held at the moment of the backup.

        Raises:
            NotProved: an object of it is missing or not what was stored, or it contradicts the manifest.
        """
        found = manifest.part(part)
        if found.index:
            open_bytes(self._shelves, manifest, found.index)  # of no use here, but the next backup goes by it
        opened = (open_bytes(self._shelves, manifest, each) for each in contents_of(found))
        return read_content(manifest, found, opened)

    def attest(
        self, manifest: Manifest, proofs: Mapping[str, str], depth: Depth, seconds: float, problem: str | None = None
    ) -> Verification:
        """Puts a signed record of a verification into the vault.

        Args:
            proofs: component to the sentence that says what was shown.
            depth: how deep the verification went.
            seconds: how long it took.
            problem: what was found wrong, or None where the backup passed.
        """
        return self.record(manifest, Finding(depth=depth, proofs=dict(proofs), problem=problem), seconds)

    def record(self, manifest: Manifest, finding: Finding, seconds: float) -> Verification:
        """Puts a signed record of all that a verification found into the vault."""
        record = Verification(
            application=manifest.application,
            backup=manifest.backup,
            manifest=manifest.digest,
            at=now(),
            seconds=round(seconds, 3),
            **finding.model_dump(),
        )
        data = canonical(record)
        write_verification(Everywhere(self._vaults), record, data, sign(data, self._keys.secret_signing_key()))
        return record

    def verifications(self, application: str) -> list[Verification]:
        """Every record whose signature holds, the oldest first. Others count for nothing."""
        found = self._shelves.all(lambda shelf: shelf.verifications(application))
        return sorted({(one.backup, one.at): one for one in found}.values(), key=lambda record: record.at)

    def verification_faults(self, application: str) -> list[str]:
        """One sentence for every verification record that does not count: which, and what is wrong with it."""
        return self._shelves.faults(lambda shelf: shelf.verification_faults(application))

    def list(self, application: str) -> list[BackupSummary]:
        """Every backup, the newest last; broken ones with the reason."""
        names = sorted(set(self._shelves.all(lambda shelf: shelf.backups(application))))
        with ThreadPoolExecutor(8) as pool:
            return [*pool.map(lambda backup: self._summary(application, backup), names)]

    def _summary(self, application: str, backup: str) -> BackupSummary:
        try:
            return BackupSummary(backup=backup, manifest=self.manifest(application, backup))
        except NotProved as error:
            return BackupSummary(backup=backup, reason=error.what)
