"""A verification also says what no single backup can show."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from theatre import ROOT, Theatre, damaged

from flows.backup import backup
from flows.readiness import readiness
from flows.retention import retention
from flows.rotate_keys import rotate_keys
from flows.verify import verify
from recovery.errors import NotProved
from recovery.history import journals
from recovery.journal import read_journal

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def whole_blocks(theatre: Theatre) -> Iterator[None]:
    theatre.write_blocks()
    yield


def test_a_forged_record_and_a_broken_backup_fail_the_verification(theatre: Theatre) -> None:
    newer = asyncio.run(backup.fn(plan="shop"))
    record = theatre.vault.entries(f"verifications/shop/{theatre.backup}/")[0].key
    signature = f"manifests/shop/{theatre.backup}.sig"
    with damaged(theatre, signature, None), pytest.raises(NotProved, match=theatre.backup):
        asyncio.run(verify.fn(plan="shop"))
    edited = theatre.vault.get(record).data.replace(b'"seconds"', b'"secands"')
    with damaged(theatre, record, edited), pytest.raises(NotProved, match=theatre.backup):
        asyncio.run(verify.fn(plan="shop"))
    assert asyncio.run(verify.fn(plan="shop")) == newer


def test_a_backup_that_is_not_equal_is_put_on_record_and_never_restored(theatre: Theatre) -> None:
    bad = asyncio.run(backup.fn(plan="shop"))
    key = f"data/shop/{bad}/database/00000.age"
    whole = theatre.vault.get(key).data
    with damaged(theatre, key, whole[:-20]), pytest.raises(NotProved, match=bad):
        asyncio.run(verify.fn(plan="shop"))
    lines, _ = theatre.fail_over(mode="dry run")
    chosen = next(line for line in lines if line.step == "choose backup" and line.kind == "outcome")
    assert chosen.data["backup"] < bad
    assert any(bad in passed for passed in chosen.data["passed_over"])


def test_the_scratch_copies_are_gone_whatever_happened(theatre: Theatre) -> None:
    newest = next(path for path in journals() if "verify" in path.parent.name)
    torn_down = [line.kind for line in read_journal(newest) if line.step == "tear down"]
    assert torn_down == ["intent", "outcome"]
    assert not theatre.world.state.scratch_uploads.exists()


def test_retention_says_first_and_removes_then(
    theatre: Theatre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = (ROOT / "plans" / "shop.yaml").read_text()
    keep = "keep: {last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0, at_least: 1ms}"
    (tmp_path / "shop.yaml").write_text(re.sub(r"keep: \{.*\}", keep, plan))
    monkeypatch.setenv("LIFEBOAT_PLANS", str(tmp_path))
    newest = asyncio.run(backup.fn(plan="shop"))
    before = [each.key for each in theatre.vault.entries("")]
    assert "go." in asyncio.run(retention.fn(plan="shop"))
    held = [each.key for each in theatre.vault.entries("")]
    assert [key for key in before if key not in held] == []  # a dry run removed nothing
    assert "removed" in asyncio.run(retention.fn(plan="shop", mode="for real"))
    left = {key.split("/")[2].removesuffix(".json").removesuffix(".sig") for key in _of(theatre, "manifests/shop/")}
    assert newest in left
    assert len(left) == 2  # the newest, and the newest that was proved
    assert {key.split("/")[2] for key in _of(theatre, "data/shop/")} == left
    _, error = theatre.fail_over(mode="dry run")
    assert error is None


def test_a_vault_that_must_lock_and_does_not_is_a_fault(
    theatre: Theatre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = (ROOT / "plans" / "shop.yaml").read_text()
    (tmp_path / "shop.yaml").write_text(plan.replace("\nbackup:\n", "\nbackup:\n  must_be_locked: true\n"))
    monkeypatch.setenv("LIFEBOAT_PLANS", str(tmp_path))
    with pytest.raises(NotProved, match="No vault keeps new backups out of reach of whoever has its keys: s3://"):
        asyncio.run(verify.fn(plan="shop"))


def test_readiness_says_what_is_missing_and_changes_nothing(theatre: Theatre) -> None:
    asyncio.run(verify.fn(plan="shop"))
    before = [each.key for each in theatre.vault.entries("") if not each.key.startswith("journals/")]
    said = asyncio.run(readiness.fn(plan="shop"))
    assert said.startswith("shop is ready")
    assert theatre.addresses() == (theatre.world.state.addresses.primary,)
    assert [each.key for each in theatre.vault.entries("") if not each.key.startswith("journals/")] == before
    theatre.write_blocks({"terraform-workspace/shop-standby": {"module": "infra/terraform/nowhere"}})
    with pytest.raises(NotProved, match="shop is NOT ready for a recovery: There is no Terraform module"):
        asyncio.run(readiness.fn(plan="shop"))
    page = (theatre.folder / "home" / "readiness" / "shop.md").read_text()
    assert "| infrastructure | 🔴 not ready |" in page
    assert "| backup | 🟢 ready |" in page


def test_keys_are_wrapped_anew_and_the_backups_still_open(theatre: Theatre) -> None:
    asyncio.run(backup.fn(plan="shop"))
    keys = [key for key in _of(theatre, "data/shop/") if key.endswith("/key.age")]
    before = [theatre.vault.get(key).data for key in keys]
    asyncio.run(rotate_keys.fn(plan="shop"))
    assert [theatre.vault.get(key).data for key in keys] == before  # a dry run changed nothing
    said = asyncio.run(rotate_keys.fn(plan="shop", mode="for real"))
    assert said == f"The keys of {len(keys)} backups are wrapped anew."
    assert not {*before} & {theatre.vault.get(key).data for key in keys}
    assert asyncio.run(verify.fn(plan="shop"))


def _of(theatre: Theatre, prefix: str) -> list[str]:
    return [each.key for each in theatre.vault.entries(prefix)]
