"""Whether a backup's objects are there: in one vault, in one of two, and where a vault cannot be looked at."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from plan_fixtures import SHOP

from blocks.backups import BackupStore
from blocks.chat.courier import Courier
from blocks.keys import BackupKeys
from blocks.sources import files_index
from blocks.sources.files import FilesSource
from blocks.vaults.folder import FolderVault
from blocks.vaults.kind import Entry
from recovery.errors import NotProved, Unreachable
from recovery.journal import Journal
from recovery.model import now
from recovery.plan_file import read_plan
from recovery.secrets import Scrubber
from tasks.list_objects import list_objects
from tasks.progress import Progress
from tasks.run import Run

MAIN, COPY = "s3-vault/shop", "folder-vault/copy"


class DownVault(FolderVault):
    """A vault that can be read but not listed."""

    _block_type_name = "Down vault"
    _block_type_slug = "down-vault"

    def entries(self, prefix: str) -> list[Entry]:
        raise Unreachable("The vault is down.")


class Stage:
    """One backup in two vaults, and a run that looks at it."""

    def __init__(self, folder: Path, copies: bool) -> None:
        (folder / "live").mkdir()
        (folder / "live" / "one").write_text("one")
        self.keys, self.folder, self.copies = BackupKeys.generate(), folder, copies
        for name in (MAIN, COPY):
            (folder / name.partition("/")[0]).mkdir()
        self.vaults: dict[str, FolderVault] = {name: self.vault(name) for name in (MAIN, COPY)}
        store = BackupStore(self.vaults[MAIN], self.keys, copies={"copy": self.vaults[COPY]})
        source = FilesSource(folder=str(folder / "live"))
        self.manifest = store.take("shop", {"uploads": source}, lambda line: None)
        self.chunk = self.manifest.parts[0].archive.chunks[0].key

    def vault(self, name: str, kind: type[FolderVault] = FolderVault) -> FolderVault:
        return kind(folder=str(self.folder / name.partition("/")[0]))

    def look(self) -> tuple[Any, Progress]:
        plan = read_plan(SHOP, {})
        policy = plan.backup.model_copy(update={"copies": (COPY,) if self.copies else ()})
        run = Run(
            playbook="verify",
            plan=plan.model_copy(update={"backup": policy}),
            incident="shop-1",
            folder=self.folder,
            journal=Journal(self.folder / "journal.jsonl"),
            blocks={**self.vaults, plan.backup.keys: self.keys},
            scrubber=Scrubber(),
            courier=Courier([]),
            dry_run=False,
            break_glass=None,
            on_platform=False,
        )
        progress = Progress(plan.components)
        return asyncio.run(list_objects(run, backup=self.manifest.backup, progress=progress)), progress


@pytest.fixture
def one(tmp_path: Path) -> Stage:
    return Stage(tmp_path, copies=False)


@pytest.fixture
def two(tmp_path: Path) -> Stage:
    return Stage(tmp_path, copies=True)


def test_a_whole_backup_passes(one: Stage) -> None:
    outcome, progress = one.look()
    assert outcome.facts["whole_in"] == [MAIN]
    assert progress.warnings == []


def test_what_is_missing_or_cut_short_is_named(one: Stage) -> None:
    one.vaults[MAIN].remove(one.manifest.key)
    data = one.vaults[MAIN].get(one.chunk).data
    one.vaults[MAIN].put(one.chunk, data[:-1])
    with pytest.raises(NotProved) as raised:
        one.look()
    size = len(data)
    assert f"{one.chunk} has {size - 1} bytes, not {size}: it was cut short or replaced" in raised.value.what
    assert f"{one.manifest.key}, its key, is missing." in raised.value.what


def test_one_whole_copy_is_enough_and_what_the_other_lacks_is_told(two: Stage) -> None:
    two.vaults[MAIN].remove(two.chunk)
    outcome, progress = two.look()
    assert outcome.facts["whole_in"] == [COPY]
    assert progress.warnings == [
        f"Backup {two.manifest.backup} is whole in another vault only: {two.chunk} is missing in {MAIN}."
    ]
    two.vaults[COPY].remove(two.chunk)
    with pytest.raises(NotProved, match=f"is missing in {MAIN}; .* is missing in {COPY}"):
        two.look()


@pytest.mark.slow
def test_a_vault_that_cannot_be_looked_at_speaks_against_no_backup(two: Stage) -> None:
    two.vaults[COPY] = two.vault(COPY, DownVault)
    assert two.look()[0].facts["whole_in"] == [MAIN]
    two.vaults[MAIN].remove(two.chunk)
    with pytest.raises(Unreachable, match="down"):
        two.look()


def test_groups_that_an_earlier_backup_sent_are_looked_for_where_they_lie(
    one: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_index, "RESTED_SECONDS", 0.0)
    monkeypatch.setattr("blocks.backup_taking.now", lambda: now() + timedelta(minutes=5))
    (one.folder / "live" / "grown").write_bytes(bytes(20_000_000))
    store = BackupStore(one.vaults[MAIN], one.keys)
    sent = store.take("shop", {"uploads": FilesSource(folder=str(one.folder / "live"))}, print)
    monkeypatch.setattr("blocks.backup_taking.now", lambda: now() + timedelta(minutes=9))
    one.manifest = store.take("shop", {"uploads": FilesSource(folder=str(one.folder / "live"))}, print)
    shared = one.manifest.parts[0].groups[0]
    assert shared.backup == sent.backup
    one.look()
    one.vaults[MAIN].remove(shared.archive.chunks[0].key)
    with pytest.raises(NotProved, match=f"{sent.backup}/.* is missing"):
        one.look()
