"""The steps about backups that their own provider keeps."""

from pathlib import Path
from typing import Any

import pytest
from kept_copies import KeptCopies
from test_backup_tasks import KEEP, Stage

from recovery.decision import Decision
from recovery.errors import NotProved, Refused
from recovery.plan_keep import SnapshotPolicy
from recovery.snapshots import SnapshotRecord
from tasks.expire_snapshots import expire_snapshots
from tasks.prove_snapshot import prove_snapshot
from tasks.run import Run
from tasks.snapshots import records
from tasks.sweep_snapshot import sweep_snapshot
from tasks.take_snapshot import take_snapshot

FIRST, SECOND, THIRD = "20260101T000000Z-0001", "20260102T000000Z-0002", "20260103T000000Z-0003"


class CopyStage(Stage):
    """The stage of the other steps, and a provider that keeps copies of a ledger."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "copies").mkdir()
        self.copies = KeptCopies(live=folder / "ledger", folder=folder / "copies")
        self.copies.live.write_text("order 1\n")
        self.policy = SnapshotPolicy(of="kept-copies/ledger", keep=KEEP)

    def run(self, **changes: Any) -> Run:
        run = super().run(**changes)
        run.plan = run.plan.model_copy(update={"snapshots": {"ledger": self.policy}})
        run._blocks = {**run._blocks, "kept-copies/ledger": self.copies}
        return run

    @property
    def on_record(self) -> list[SnapshotRecord]:
        return records(self.run()).read("shop", "ledger")


@pytest.fixture
def stage(tmp_path: Path) -> CopyStage:
    return CopyStage(tmp_path)


def test_one_is_taken_once_by_its_name_and_never_in_a_dry_run(stage: CopyStage) -> None:
    said = stage.play(take_snapshot, dry_run=True, snapshot="ledger", name=FIRST)
    assert said.state == "would"
    assert stage.copies.backups() == []
    taken = stage.play(take_snapshot, snapshot="ledger", name=FIRST)
    assert taken.facts["reference"] == f"copy-{FIRST}"
    stage.copies.live.write_text("order 2\n")
    stage.play(take_snapshot, snapshot="ledger", name=FIRST)
    assert [each.name for each in stage.copies.backups()] == [FIRST]


def test_the_newest_is_restored_read_removed_and_put_on_record_once(stage: CopyStage) -> None:
    for name in (FIRST, SECOND):
        stage.copies.take(name)
    assert stage.play(prove_snapshot, dry_run=True, snapshot="ledger").state == "would"
    assert stage.on_record == []
    proved = stage.play(prove_snapshot, snapshot="ledger")
    assert proved.sentence == f"{SECOND} of ledger is restored. Its orders were read."
    assert not stage.copies.restored.exists()
    [record] = stage.on_record
    assert (record.reference, record.depth, record.counts) == (f"copy-{SECOND}", "restored", True)
    assert stage.play(prove_snapshot, snapshot="ledger").state == "found done"
    assert stage.on_record == [record]


@pytest.mark.parametrize(("content", "words"), [("nothing", "There is no order in it"), ("torn", "cannot be read")])
def test_what_is_wrong_is_put_on_record_and_fails_the_step(stage: CopyStage, content: str, words: str) -> None:
    stage.copies.take(FIRST)
    stage.copies._path(FIRST).write_text(content)
    with pytest.raises(NotProved, match=f"{FIRST} of ledger is not to be relied on: .*{words}"):
        stage.play(prove_snapshot, snapshot="ledger")
    assert not stage.copies.restored.exists()
    [record] = stage.on_record
    assert not record.counts
    assert words in record.problems[0]


def test_a_forged_record_counts_for_nothing(stage: CopyStage) -> None:
    stage.copies.take(FIRST)
    stage.play(prove_snapshot, snapshot="ledger")
    for vault in (stage.vault, stage.other):
        [key] = [each.key for each in vault.entries("snapshots/") if each.key.endswith(".json")]
        vault.put(key, vault.get(key).data.replace(b"Its orders", b"All orders"))
    assert stage.on_record == []
    assert stage.play(prove_snapshot, snapshot="ledger").state == "ok"


def test_expiry_says_what_goes_and_why_others_stay(stage: CopyStage) -> None:
    for name in (FIRST, SECOND):
        stage.copies.take(name)
        stage.play(prove_snapshot, snapshot="ledger")
    stage.copies.take(THIRD)
    assert "1 of 3 backups of ledger go." in stage.play(expire_snapshots, dry_run=True, snapshot="ledger").sentence
    applied = stage.play(expire_snapshots, snapshot="ledger")
    assert applied.facts == {"removed": [FIRST], "held": ["The moon holds none."]}
    assert {each.name for each in stage.copies.backups()} == {SECOND, THIRD}
    assert stage.play(expire_snapshots, snapshot="ledger").state == "found done"
    stage.policy = SnapshotPolicy(of="kept-copies/ledger")
    assert "all stay" in stage.play(expire_snapshots, snapshot="ledger").sentence


def test_a_sweep_removes_what_a_dead_run_left(stage: CopyStage) -> None:
    stage.copies.take(FIRST)
    stage.copies.restore(FIRST)
    stage.play(sweep_snapshot, snapshot="ledger")
    assert not stage.copies.restored.exists()


def test_at_a_live_standby_without_a_block_it_is_refused_and_said(
    stage: CopyStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    standby = Decision(verdict="go", sentence="The application runs at the standby.", facts={"site": "standby"})
    monkeypatch.setattr("tasks.snapshots.live_site", lambda run: standby)
    for step, more in ((take_snapshot, {"name": FIRST}), (prove_snapshot, {}), (expire_snapshots, {})):
        with pytest.raises(Refused, match="names nothing that takes ledger there"):
            stage.play(step, snapshot="ledger", **more)
    stage.policy = SnapshotPolicy(of="kept-copies/none", at_standby="kept-copies/ledger")
    stage.play(take_snapshot, snapshot="ledger", name=FIRST)
    assert [each.name for each in stage.copies.backups()] == [FIRST]
