"""The steps after ruin on a folder as the vault: evidence of what can be read, its signature, clearing, rotating."""

import asyncio
import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from plan_fixtures import SHOP

from blocks.backups import BackupStore
from blocks.chat.courier import Courier
from blocks.keys import BackupKeys
from blocks.secrets.kind import RotatingSecret, RotationProof
from blocks.signed_records import SignedRecords
from blocks.sources.files import FilesSource
from blocks.sources.kind import Reading
from blocks.vaults.folder import FolderVault
from recovery.custody import Custody
from recovery.errors import NotProved, RecoveryError, Refused
from recovery.journal import Journal
from recovery.model import now
from recovery.plan_file import read_plan
from recovery.plan_ransomware import RansomwarePolicy
from recovery.resume import Earlier
from recovery.secrets import Scrubber
from tasks.check_clean_site import clear_targets
from tasks.gather_evidence import gather_evidence
from tasks.rotate_secrets import rotate_secrets
from tasks.run import Run

INCIDENT = "shop-ransomware-20261124T120000Z-abcd"
SECRET = "playbook-secret/shop"


class Hanging(FilesSource):
    """A folder on a disk that does not answer any more."""

    _block_type_name = "Hanging files"
    _block_type_slug = "hanging-files"

    def read(self) -> Reading:
        threading.Event().wait()
        raise AssertionError


class Stubborn(RotatingSecret):
    """A secret that its service will not change."""

    _block_type_name = "Stubborn secret"
    _block_type_slug = "stubborn-secret"

    def rotate(self, incident: str) -> None:
        raise RecoveryError("The service said no.")

    def prove(self, incident: str) -> RotationProof:
        return RotationProof(proved=True, method="x", evidence=(), at=now())


class Stage:
    """Two folders at the old site, two at the new one, and a vault."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.keys, self.number = folder, BackupKeys.generate(), 0
        (folder / "vault").mkdir()
        self.vault = FolderVault(folder=str(folder / "vault"))
        self.sources = {name: self.make(name) for name in ("one", "two")}
        self.targets = {name: FilesSource(folder=str(folder / f"new-{name}")) for name in ("one", "two")}

    def make(self, name: str) -> FilesSource:
        (self.folder / name).mkdir()
        (self.folder / name / f"{name}.akira").write_text("encrypted")
        return FilesSource(folder=str(self.folder / name))

    def run(self, policy: RansomwarePolicy | None = None, before: Run | None = None, **changes: Any) -> Run:
        self.number += 1
        plan = read_plan(SHOP)
        part = plan.components["uploads"]
        places = {"source": "files/{}", "restore_to": "files/new-{}", "scratch": "files/scratch-{}"}
        plan = plan.model_copy(
            update={
                "components": {
                    name: part.model_copy(update={use: block.format(name) for use, block in places.items()})
                    for name in self.sources
                },
                "ransomware": policy or RansomwarePolicy(),
            }
        )
        blocks = {plan.backup.vault: self.vault, plan.backup.keys: self.keys, SECRET: Stubborn()}
        blocks |= {f"files/{name}": source for name, source in self.sources.items()}
        blocks |= {f"files/new-{name}": target for name, target in self.targets.items()}
        fields: dict[str, Any] = {"playbook": "ransomware", "incident": INCIDENT, "folder": self.folder}
        fields |= {"plan": plan, "blocks": blocks, "courier": Courier([]), "scrubber": Scrubber(), "initiator": "ada"}
        fields |= {"journal": Journal(self.folder / f"{self.number}.jsonl"), "dry_run": False, "break_glass": None}
        fields |= {"on_platform": False, "earlier": Earlier(before.journal.lines if before else ())}
        return Run(**{**fields, **changes})

    def custody(self) -> Custody:
        return SignedRecords({"main": self.vault}, self.keys).read(f"evidence/shop/{INCIDENT}", Custody)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_what_can_be_read_is_kept_and_what_cannot_is_said(stage: Stage) -> None:
    stage.sources["two"] = FilesSource(folder=str(stage.folder / "gone"))
    found = asyncio.run(gather_evidence(stage.run()))
    assert found.sentence.startswith("Evidence of one is kept, 1 of 2 in all. two could not be read from file:///")
    assert f"The chain of custody is evidence/shop/{INCIDENT}.json." in found.sentence
    custody = stage.custody()
    assert [(piece.what, piece.kept) for piece in custody.pieces] == [("one", True), ("two", False)]
    assert (custody.initiator, custody.incident) == ("ada", INCIDENT)
    store = BackupStore(stage.vault, stage.keys)
    manifest = store.manifest("shop.evidence", str(custody.pieces[0].reference))
    assert manifest.digest == custody.pieces[0].manifest
    assert store.expected(manifest, "one").items.keys() >= {"one.akira"}
    assert store.list("shop") == []


def test_a_site_that_hangs_holds_nothing_up(stage: Stage) -> None:
    stage.sources["two"] = Hanging(folder=str(stage.folder / "two"))
    found = asyncio.run(gather_evidence(stage.run(RansomwarePolicy(evidence_within=timedelta(seconds=2)))))
    assert "It was not read within 2 s" in found.sentence


def test_going_on_only_what_is_missing_is_read_again_and_signed_for_anew(stage: Stage) -> None:
    whole = stage.sources["two"]
    stage.sources["two"] = FilesSource(folder=str(stage.folder / "gone"))
    first = stage.run()
    asyncio.run(gather_evidence(first))
    kept = stage.custody().pieces[0].reference
    stage.sources["two"] = whole
    again = stage.run(before=first)
    asyncio.run(gather_evidence(again))
    assert [line.step for line in again.journal.lines if line.kind == "intent"] == [
        "keep evidence of two",
        "sign chain of custody",
    ]
    assert [piece.kept for piece in stage.custody().pieces] == [True, True]
    assert stage.custody().pieces[0].reference == kept
    third = stage.run(before=again)
    asyncio.run(gather_evidence(third))
    assert not [line for line in third.journal.lines if line.kind == "intent" and "two" in line.step]


def test_a_chain_of_custody_that_was_changed_does_not_open(stage: Stage) -> None:
    asyncio.run(gather_evidence(stage.run()))
    key = f"evidence/shop/{INCIDENT}.json"
    stage.vault.put(key, json.dumps({**json.loads(stage.vault.get(key).data), "initiator": "mallory"}).encode())
    with pytest.raises(NotProved):
        stage.custody()


def test_a_dry_run_keeps_nothing(stage: Stage) -> None:
    asyncio.run(gather_evidence(stage.run(dry_run=True)))
    assert stage.vault.entries("") == []


def test_data_from_before_is_refused_or_erased_as_the_plan_says(stage: Stage) -> None:
    place = stage.folder / "new-one"
    (stage.folder / "new-one.before-20260101T000000000000Z").mkdir()
    place.mkdir()
    (place / "implant").write_text("x")
    with pytest.raises(Refused, match=r"hold data from before: one \(2 items\)"):
        asyncio.run(clear_targets(stage.run()))
    assert (place / "implant").exists()
    found = asyncio.run(clear_targets(stage.run(RansomwarePolicy(may_erase=True))))
    assert found.sentence == "one erased; the standby's places are empty."
    assert not [*stage.folder.glob("new-one*")]


def test_what_was_promoted_is_never_erased(stage: Stage) -> None:
    before = stage.run()
    before.journal.write("intent", "promote standby", "The standby may take writes.")
    (stage.folder / "new-one").mkdir()
    (stage.folder / "new-one" / "an order").write_text("x")
    found = asyncio.run(clear_targets(stage.run(RansomwarePolicy(may_erase=True), before=before)))
    assert "its data is live, and is never removed" in found.sentence
    assert (stage.folder / "new-one" / "an order").exists()


def test_a_secret_that_is_not_rotated_stops_the_recovery_unless_the_glass_is_broken(stage: Stage) -> None:
    policy = RansomwarePolicy(secrets=(SECRET,))
    with pytest.raises(Refused, match=f"Not rotated: {SECRET}.*The service said no"):
        asyncio.run(rotate_secrets(stage.run(policy)))
    found = asyncio.run(rotate_secrets(stage.run(policy, break_glass="that service dies with the old site")))
    assert f"WITHOUT {SECRET} rotated, because: that service dies with the old site" in found.sentence


def test_that_no_secret_is_rotated_is_said_aloud(stage: Stage) -> None:
    found = asyncio.run(rotate_secrets(stage.run()))
    assert found.sentence.startswith("WARNING: the plan names no secret, so NONE is rotated")
