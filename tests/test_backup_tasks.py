"""The steps that look after backups: copies made whole, keys rotated, retention where a lock holds something."""

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from plan_fixtures import SHOP
from pydantic import PrivateAttr
from test_backups import KEYS, World

from blocks.chat.courier import Courier
from blocks.keys import BackupKeys
from blocks.vaults.folder import FolderVault
from recovery.errors import RecoveryError
from recovery.journal import Journal
from recovery.outcome import Outcome
from recovery.plan_file import read_plan
from recovery.plan_keep import Keep
from recovery.secrets import Scrubber
from tasks.apply_retention import apply_retention
from tasks.copy_backup import copy_backup
from tasks.rotate_keys import rotate_keys
from tasks.run import Run
from tasks.verb import Verb

KEEP = Keep(last=1, daily=0, weekly=0, monthly=0, yearly=0, at_least=timedelta(microseconds=1))


class HoldingVault(FolderVault):
    """A vault that holds some backups as a lock would."""

    _block_type_name = "Holding vault"
    _block_type_slug = "holding-vault"

    _held: dict[str, datetime] = PrivateAttr(default_factory=dict)

    def locked_until(self, key: str) -> datetime | None:
        return next((until for backup, until in self._held.items() if backup in key), None)


class Stage:
    def __init__(self, folder: Path) -> None:
        self.vault = HoldingVault(folder=str(folder / "vault"))
        self.world, self.folder = World(folder, self.vault), folder
        (folder / "other").mkdir()
        self.other = FolderVault(folder=str(folder / "other"))
        self.keys = KEYS

    def run(self, **changes: Any) -> Run:
        plan = read_plan(SHOP)
        policy = plan.backup.model_copy(update={"copies": ("folder-vault/other",), "keep": KEEP})
        blocks = {policy.vault: self.vault, "folder-vault/other": self.other, policy.keys: self.keys}
        fields: dict[str, Any] = {"playbook": "backup", "incident": "shop-1", "folder": self.folder}
        fields |= {"plan": plan.model_copy(update={"backup": policy}), "blocks": blocks, "courier": Courier([])}
        fields |= {"journal": Journal(self.folder / f"{time.time_ns()}.jsonl"), "scrubber": Scrubber()}
        return Run(**{**fields, "dry_run": False, "break_glass": None, "on_platform": False, **changes})

    def play(self, step: Verb, dry_run: bool = False, **inputs: Any) -> Outcome:
        return asyncio.run(step(self.run(dry_run=dry_run), **inputs))

    def objects(self) -> dict[str, bytes]:
        vaults = (self.vault, self.other)
        return {f"{v.folder}/{each.key}": v.get(each.key).data for v in vaults for each in v.entries("")}


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_backup_is_copied_once_and_then_found_there(stage: Stage) -> None:
    taken = stage.world.take()
    assert "No whole copy" in stage.play(copy_backup, dry_run=True, backup=taken.backup).sentence
    assert stage.other.entries("") == []
    assert stage.play(copy_backup, backup=taken.backup).facts["copied"] == ["folder-vault/other"]
    assert stage.play(copy_backup, backup=taken.backup).state == "found done"
    assert stage.run().backups.care.copy_faults(taken) == {}


def test_rotation_reaches_every_backup_in_every_vault(stage: Stage) -> None:
    store = stage.run().backups
    taken = [store.take("shop", stage.world.sources, [].append) for _ in range(2)]
    new = BackupKeys.generate()
    stage.keys = KEYS.model_copy(
        update={"recipients": new.recipients, "identity": new.identity, "older_identities": [KEYS.identity]}
    )
    before = stage.objects()
    assert "2 backups" in stage.play(rotate_keys, dry_run=True).sentence
    assert stage.objects() == before
    assert stage.play(rotate_keys).sentence == "The keys of 2 backups are wrapped anew."
    changed = {key for key, data in stage.objects().items() if before[key] != data}
    assert changed == {f"{vault.folder}/{each.key}" for vault in (stage.vault, stage.other) for each in taken}
    stage.keys = stage.keys.model_copy(update={"older_identities": []})
    assert all(stage.world.restore(stage.run().backups, each.backup).equal for each in taken)
    with pytest.raises(RecoveryError):
        stage.world.restore(stage.world.store, taken[0].backup)


def test_a_rotation_that_fails_for_one_does_the_others_and_names_it(stage: Stage) -> None:
    store = stage.run().backups
    taken = [store.take("shop", stage.world.sources, [].append) for _ in range(2)]
    before = stage.objects()
    for vault in (stage.vault, stage.other):
        vault.put(taken[0].key, b"damaged")
    with pytest.raises(RecoveryError, match=f"1 of 2 backups were not wrapped anew: {taken[0].backup}"):
        stage.play(rotate_keys)
    after = stage.objects()
    assert after[f"{stage.vault.folder}/{taken[1].key}"] != before[f"{stage.vault.folder}/{taken[1].key}"]


def test_what_a_lock_holds_is_said_and_is_no_error(stage: Stage) -> None:
    store = stage.run().backups
    taken = sorted(store.take("shop", stage.world.sources, [].append).backup for _ in range(3))
    stage.vault._held[taken[0]] = datetime.now(UTC) + timedelta(days=2)
    stage.vault._held[taken[1]] = datetime.now(UTC) - timedelta(days=2)
    before = stage.objects()
    assert "1 of 3 backups go." in stage.play(apply_retention, dry_run=True).sentence
    assert stage.objects() == before
    applied = stage.play(apply_retention)
    assert (applied.facts["removed"], applied.facts["left"]) == (1, [])
    left = {key.split("/data/shop/")[1].split("/")[0] for key in stage.objects() if "/data/shop/" in key}
    assert left == {taken[0], taken[2]}


def test_retention_takes_what_was_never_finished_along(stage: Stage) -> None:
    kept, killed = stage.world.take(), stage.world.take()
    for ending in (".json", ".sig"):
        stage.vault.remove(f"manifests/shop/{killed.backup}{ending}")
    long_ago = time.time() - 48 * 3600
    for entry in stage.vault.entries(killed.prefix):
        os.utime(Path(stage.vault.folder) / entry.key, (long_ago, long_ago))
    assert f"{killed.backup}" in stage.play(apply_retention, dry_run=True).sentence
    assert stage.vault.entries(killed.prefix)
    [said] = stage.play(apply_retention).facts["reaped"]
    assert "was never finished" in said
    assert stage.vault.entries(killed.prefix) == []
    assert stage.world.restore(stage.world.store, kept.backup).equal
