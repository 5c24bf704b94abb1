"""ClamAV and YARA. `clamscan` is stood in for by a small program: its signatures cannot be had offline."""

import shutil
from pathlib import Path

import pytest

from recovery.errors import RecoveryError
from tasks.scanners import scan_with_clamav, scan_with_yara

# The stand-in prints as ClamAV 1.0 does, and ends with its exit codes: 0 clean, 1 found, 2 trouble.
CLAMSCAN_STAND_IN = """#!/bin/sh
for folder; do :; done
[ -e "$folder/trouble" ] && { echo "ERROR: Can't open the database" >&2; exit 2; }
found=$(grep -rl EVIL "$folder") || exit 0
for path in $found; do echo "$path: Win.Test.EVIL-1 FOUND"; done
exit 1
"""
RULE = 'rule evil_words { strings: $a = "EVIL" condition: $a }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "restored"
    (found / "sub").mkdir(parents=True)
    (found / "sub" / "good.txt").write_text("good")
    return found


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "clamscan").write_text(CLAMSCAN_STAND_IN)
    (programs / "clamscan").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")


@pytest.mark.usefixtures("stand_in")
def test_what_clamav_finds_is_told_with_its_file(folder: Path) -> None:
    assert scan_with_clamav(folder) == []
    for number in range(12):
        (folder / "sub" / f"bad-{number:02}").write_text("EVIL")
    found = scan_with_clamav(folder)
    assert "ClamAV found sub/bad-00: Win.Test.EVIL-1." in found
    assert found[-1] == "ClamAV found 2 more."


@pytest.mark.usefixtures("stand_in")
def test_a_scanner_in_trouble_is_no_clean_scan(folder: Path) -> None:
    (folder / "trouble").touch()
    with pytest.raises(RecoveryError, match="clamscan ended with exit code 2: ERROR: Can't open the database"):
        scan_with_clamav(folder)


def test_a_scanner_that_is_not_there_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(RecoveryError, match="asks for clamscan, which is not on the PATH"):
        scan_with_clamav(folder)
    with pytest.raises(RecoveryError, match="asks for yara, which is not on the PATH"):
        scan_with_yara(folder, folder / "rules.yar")


def test_yara_itself(folder: Path, tmp_path: Path) -> None:
    if shutil.which("yara") is None:
        pytest.skip("needs the Debian package yara")
    rules = tmp_path / "rules.yar"
    rules.write_text(RULE)
    assert scan_with_yara(folder, rules) == []
    (folder / "sub" / "bad").write_text("so EVIL")
    assert scan_with_yara(folder, rules) == ["YARA rule evil_words matches sub/bad."]
    rules.write_text("rule broken {")
    with pytest.raises(RecoveryError, match="yara ended with exit code 1"):
        scan_with_yara(folder, rules)
