"""What a hold keeps, who can lift it, and that only a signature does; on a folder as the vault."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from blocks.backups import BackupStore
from blocks.holds import Holds
from blocks.keys import BackupKeys
from blocks.vaults.folder import FolderVault
from recovery.errors import Refused
from recovery.hold import Hold, Release, Standing, may_back_up, may_release, may_remove

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
INCIDENT = "shop-ransomware-20261124T120000Z-abcd"
HOLD = Hold(application="shop", incident=INCIDENT, region="us-east-1", at=AT, by="ada", reason="ransomware")
STANDING = [Standing(incident=INCIDENT, hold=HOLD)]


def folder_vault(folder: Path) -> FolderVault:
    folder.mkdir()
    return FolderVault(folder=str(folder))


@pytest.fixture
def keys() -> BackupKeys:
    return BackupKeys.generate()


@pytest.fixture
def vault(tmp_path: Path) -> FolderVault:
    return folder_vault(tmp_path / "vault")


def test_nothing_goes_while_it_is_held_and_the_sentence_says_how_to_release_it() -> None:
    assert may_remove([], "shop").sentence == "Nothing holds the backups of shop."
    found = may_remove(STANDING, "shop")
    assert found.verdict == "done"
    assert f"held because of {INCIDENT}, since 2026-11-24 12:00 UTC by ada" in found.sentence
    assert f"lifeboat hold release shop {INCIDENT} --by NAME --reason REASON" in found.sentence


def test_the_site_that_was_left_is_not_backed_up_and_the_other_is() -> None:
    found = may_back_up(STANDING, "shop", "us-east-1")
    assert found.verdict == "refuse"
    assert "what it holds may be infected" in found.sentence
    assert may_back_up(STANDING, "shop", "eu-west-1").verdict == "go"
    assert may_back_up([Standing(incident=INCIDENT, fault="it is unreadable")], "shop", "eu-west-1").verdict == "refuse"


@pytest.mark.parametrize(
    ("incident", "by", "reason", "verdict", "said"),
    [
        (INCIDENT, "ada", "all is well", "go", "ada releases the backups of shop, because all is well."),
        (INCIDENT, " ", "all is well", "refuse", "A hold is released by a person with a reason."),
        (INCIDENT, "ada", "", "refuse", "A hold is released by a person with a reason."),
        ("another", "ada", "all is well", "refuse", "No hold of shop is because of another."),
    ],
)
def test_who_may_release_it(incident: str, by: str, reason: str, verdict: str, said: str) -> None:
    found = may_release(STANDING, "shop", incident, by, reason)
    assert (found.verdict, found.sentence) == (verdict, said)


def test_nothing_to_release() -> None:
    assert may_release([], "shop", INCIDENT, "ada", "all is well").verdict == "done"


def test_it_stands_until_its_release_and_only_for_its_application(vault: FolderVault, keys: BackupKeys) -> None:
    holds = Holds({"main": vault}, keys)
    holds.place(HOLD)
    assert [(each.incident, each.hold, each.fault) for each in holds.standing("shop")] == [(INCIDENT, HOLD, "")]
    assert holds.standing("shop-two") == []
    with pytest.raises(Refused, match="held because of"):
        BackupStore(vault, keys).care.remove("shop", "20261124T110000Z-abcdef")
    holds.release(Release(application="shop", incident=INCIDENT, at=AT, by="ada", reason="all is well"))
    assert holds.standing("shop") == []
    BackupStore(vault, keys).care.remove("shop", "20261124T110000Z-abcdef")


def test_a_forged_release_lifts_nothing(vault: FolderVault, keys: BackupKeys) -> None:
    Holds({"main": vault}, keys).place(HOLD)
    forged = Release(application="shop", incident=INCIDENT, at=AT, by="mallory", reason="trust me")
    Holds({"main": vault}, BackupKeys.generate()).release(forged)
    [standing] = Holds({"main": vault}, keys).standing("shop")
    assert standing.hold == HOLD
    assert standing.fault


def test_the_release_of_another_hold_lifts_nothing(vault: FolderVault, keys: BackupKeys) -> None:
    holds = Holds({"main": vault}, keys)
    holds.place(HOLD)
    holds.release(Release(application="shop", incident="other", at=AT, by="ada", reason="all is well"))
    for ending in ("json", "sig"):
        vault.put(f"holds/shop/{INCIDENT}.released.{ending}", vault.get(f"holds/shop/other.released.{ending}").data)
    [standing] = holds.standing("shop")
    assert "its release is that of another hold" in standing.sentence


@pytest.mark.parametrize("ending", ["json", "sig"])
def test_a_hold_of_which_half_is_gone_goes_on_holding(vault: FolderVault, keys: BackupKeys, ending: str) -> None:
    holds = Holds({"main": vault}, keys)
    holds.place(HOLD)
    vault.remove(f"holds/shop/{INCIDENT}.{ending}")
    [standing] = holds.standing("shop")
    assert standing.hold is None
    assert standing.fault
    assert may_remove([standing], "shop").verdict == "done"


def test_a_copy_in_one_vault_is_enough(tmp_path: Path, vault: FolderVault, keys: BackupKeys) -> None:
    copy = folder_vault(tmp_path / "copy")
    both = Holds({"main": vault, "copy": copy}, keys)
    both.place(HOLD)
    for ending in ("json", "sig"):
        vault.remove(f"holds/shop/{INCIDENT}.{ending}")
    assert [each.hold for each in both.standing("shop")] == [HOLD]
