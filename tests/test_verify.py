"""Verification on real parts: how deep it went is on record, whatever came of it."""

import asyncio
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from theatre import ROOT, Theatre, damaged

from blocks.backups import BackupStore
from blocks.keys import BackupKeys
from blocks.sources.postgresql import PostgresSource
from blocks.sources.postgresql_swap import exists
from demo.waiting import wait_until
from flows.backup import backup
from flows.verify import verify
from recovery.errors import NotProved, Refused
from recovery.history import journals
from recovery.places import home
from recovery.verification import Verification

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def whole_blocks(theatre: Theatre) -> Iterator[None]:
    theatre.write_blocks()
    yield


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the plan, to be changed."""
    path = tmp_path / "shop.yaml"
    path.write_text((ROOT / "plans" / "shop.yaml").read_text())
    monkeypatch.setenv("LIFEBOAT_PLANS", str(tmp_path))
    return path


def add(plan: Path, verification: str) -> None:
    text = re.sub(r"(?m)^verification:\n(  .*\n)*", "", plan.read_text())
    plan.write_text(f"{text}\nverification:\n{verification}")


def store_of(stage: Theatre) -> BackupStore:
    return BackupStore(stage.vault, BackupKeys(**stage.documents["backup-keys/shop"]))


def records(stage: Theatre, name: str) -> list[Verification]:
    return [one for one in store_of(stage).verifications("shop") if one.backup == name]


def take() -> str:
    return asyncio.run(backup.fn(plan="shop"))


def test_more_are_verified_within_the_budget_the_newest_first(theatre: Theatre) -> None:
    older, newer = take(), take()
    assert asyncio.run(verify.fn(plan="shop", more_within_budget=True)) == newer
    found = [records(theatre, name)[-1] for name in (newer, older, theatre.backup)]
    assert [one.depth for one in found] == ["proved equal"] * 3
    assert found[0].at < found[1].at < found[2].at
    assert set(found[0].proofs) == {"database", "uploads"}
    assert "uploads entropy of .txt" in found[0].measures


def test_a_missing_object_is_found_by_listing_and_the_alert_says_what_is_left(theatre: Theatre) -> None:
    bad = take()
    key = f"data/shop/{bad}/database/00000.age"
    with damaged(theatre, key, None), pytest.raises(NotProved) as raised:
        asyncio.run(verify.fn(plan="shop"))
    assert f"Backup {bad} of shop is not whole: {key} is missing." in str(raised.value)
    assert "shop: what was written since" in str(raised.value)
    assert re.search(r"The newest backup that is proved is \d{8}T\d{6}Z-\w+\.", str(raised.value))
    record = records(theatre, bad)[-1]
    assert (record.depth, record.problem_kind) == ("listed", "fault")


def test_a_flipped_byte_is_found_by_its_digest(theatre: Theatre) -> None:
    bad = take()
    key = f"data/shop/{bad}/uploads/00000.age"
    whole = bytearray(theatre.vault.get(key).data)
    whole[len(whole) // 2] ^= 1
    with damaged(theatre, key, bytes(whole)), pytest.raises(NotProved, match="damaged or replaced"):
        asyncio.run(verify.fn(plan="shop"))
    assert records(theatre, bad)[-1].depth == "listed"


def test_a_scratch_server_that_is_down_speaks_against_no_backup(theatre: Theatre) -> None:
    theatre.write_blocks({"postgresql/shop-scratch": {"port": 1}})
    with pytest.raises(Exception, match="could not be reached"):
        asyncio.run(verify.fn(plan="shop", backup=theatre.backup))
    assert store_of(theatre).manifest("shop", theatre.backup)
    assert all(one.problem is None for one in records(theatre, theatre.backup))


@pytest.mark.parametrize("live", ["primary", "standby"])
def test_a_scratch_place_that_is_live_is_refused_before_anything_is_touched(theatre: Theatre, live: str) -> None:
    theatre.write_blocks({"postgresql/shop-scratch": theatre.documents[f"postgresql/shop-{live}"]})
    with pytest.raises(Refused, match=f"meets the (source|restore target) postgresql/shop-{live} of database of shop"):
        asyncio.run(verify.fn(plan="shop"))


def test_files_that_ransomware_encrypted_make_a_backup_suspicious_until_a_person_says_why_not(theatre: Theatre) -> None:
    uploads = theatre.world.state.uploads
    before = {
        path: path.read_bytes() for path in sorted(uploads.rglob("*")) if path.is_file() and not path.is_symlink()
    }
    dice = random.Random(7)
    for path, data in before.items():
        path.rename(path.with_name(f"{path.name}.lockbit")).write_bytes(dice.randbytes(len(data)))
    try:
        bad = take()
        with pytest.raises(NotProved) as raised:
            asyncio.run(verify.fn(plan="shop"))
    finally:
        for path, data in before.items():
            path.with_name(f"{path.name}.lockbit").unlink()
            path.write_bytes(data)
    assert "file(s) have an ending that ransomware gives" in str(raised.value)
    assert "% of the" in str(raised.value)
    record = records(theatre, bad)[-1]
    assert (record.depth, record.problem_kind) == ("proved equal", "suspicious")
    assert bad not in str(chosen_by_failover(theatre)["backup"])
    assert asyncio.run(verify.fn(plan="shop", backup=bad, harmless="a drill")) == bad
    record = records(theatre, bad)[-1]
    assert record.problem is None
    assert any(one.startswith("Called harmless, because a drill: uploads:") for one in record.warnings)
    for start in (f"manifests/shop/{bad}.", f"verifications/shop/{bad}/"):  # nothing is compared with it from here on
        for entry in theatre.vault.entries(start):
            theatre.vault.remove(entry.key)


def chosen_by_failover(stage: Theatre) -> dict[str, object]:
    lines, _ = stage.fail_over(mode="dry run")
    return next(line.data for line in lines if line.step == "choose backup" and line.kind == "outcome")


SMOKE = """\
  smoke:
    command: [{python}, -c, "import os, psycopg; print(psycopg.connect(os.environ['LIFEBOAT_DATABASE_DSN'])
      .execute('select count(*) > 0 from orders').fetchone(), os.listdir(os.environ['LIFEBOAT_UPLOADS_FOLDER']))"]
    expect_text: "{text}"
"""


def test_the_application_is_asked_on_the_copy(theatre: Theatre, plan: Path) -> None:
    add(plan, SMOKE.format(python=sys.executable, text="(True,)"))
    name = asyncio.run(verify.fn(plan="shop", backup=theatre.backup))
    assert records(theatre, name)[-1].depth == "application answered"
    add(plan, SMOKE.format(python=sys.executable, text="invoices from Mars"))
    with pytest.raises(NotProved, match="without 'invoices from Mars'"):
        asyncio.run(verify.fn(plan="shop", backup=theatre.backup))
    record = records(theatre, name)[-1]
    assert (record.depth, record.problem_kind) == ("proved equal", "fault")
    add(plan, "  budget: 1m\n")
    asyncio.run(verify.fn(plan="shop", backup=theatre.backup))
    assert records(theatre, name)[-1].problem is None


def test_what_a_killed_verification_left_is_swept_by_the_next(theatre: Theatre) -> None:
    scratch = PostgresSource(**theatre.documents["postgresql/shop-scratch"])
    known = set(journals())
    child = subprocess.Popen(
        [sys.executable, "-c", "import asyncio, flows.verify as f; asyncio.run(f.verify.fn(plan='shop'))"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: _restored(known), "the database in scratch", 60)
    finally:
        child.kill()
        child.wait(10)
    dead = next(path.parent for path in journals() if path not in known)
    (dead / "restore").mkdir(exist_ok=True)
    (dead / "restore" / "database.archive").write_bytes(b"plain data")
    with scratch.connected(scratch.maintenance_database) as server:
        assert exists(server, "shop__staged")
    theatre.vault.remove("leases/verify-shop.json")  # stands for the minute after which a dead run's lease lapses
    asyncio.run(verify.fn(plan="shop"))
    with scratch.connected(scratch.maintenance_database) as server:
        assert not exists(server, "shop__staged")
    assert not (dead / "restore").exists()
    assert not [*(home() / "incidents").glob("*verify*/restore/*")]


def _restored(known: set[Path]) -> bool:
    """Whether a new run has restored the database. Its last line may be half written still."""
    new = [path for path in journals() if path not in known]
    lines = new[0].read_text().splitlines() if new else []
    return any('"restore database"' in line and '"outcome"' in line for line in lines)
