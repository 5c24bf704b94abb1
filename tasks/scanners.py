"""ClamAV and YARA on a folder, where the plan asks for them and their programs are on the PATH."""

import shutil
import subprocess
from pathlib import Path

from recovery.errors import RecoveryError
from recovery.places import ROOT
from recovery.plan_verification import VerificationPolicy
from recovery.ransomware_marks import LISTS
from recovery.rules import rules_digest

DEADLINE = 3600.0  # seconds for one scan
MOST_NAMED = 10


def rules_of(policy: VerificationPolicy) -> str:
    """The digest of all that backups are looked through by today, the scanners' versions and signatures too.

    Raises:
        RecoveryError: a scanner that the plan asks for, or its file of rules, is not there.
    """
    clamav = _run("clamscan", ["--version"], ok=(0,)).strip() if policy.clamav else None
    yara: bytes | None = None
    if policy.yara:
        version = _run("yara", ["--version"], ok=(0,))
        try:
            yara = version.encode() + (ROOT / policy.yara).read_bytes()
        except OSError as error:
            raise RecoveryError(f"The YARA rules {policy.yara} cannot be read: {error.strerror}.") from None
    return rules_digest(policy.ransomware, LISTS.read_bytes(), yara, clamav)


def scan_with_clamav(folder: Path) -> list[str]:
    """What `clamscan` finds, one sentence each.

    Raises:
        RecoveryError: it is not there, or could not scan.
    """
    ended = _run("clamscan", ["--recursive", "--infected", "--no-summary", "--stdout", str(folder)], ok=(0, 1))
    lines = sorted(line.removesuffix(" FOUND") for line in ended.splitlines() if line.endswith(" FOUND"))
    return [f"ClamAV found {_within(folder, line)}." for line in lines[:MOST_NAMED]] + _more("ClamAV", lines)


def scan_with_yara(folder: Path, rules: Path) -> list[str]:
    """What `yara` finds, one sentence each: it prints the rule and the file.

    Raises:
        RecoveryError: it is not there, the rules cannot be read, or it could not scan.
    """
    ended = _run("yara", ["--recursive", "--no-warnings", str(rules), str(folder)], ok=(0,))
    pairs = [line.partition(" ") for line in sorted(ended.splitlines()) if " " in line]
    found = [f"YARA rule {rule} matches {_within(folder, path)}." for rule, _, path in pairs[:MOST_NAMED]]
    return found + _more("YARA", pairs)


def _run(program: str, words: list[str], ok: tuple[int, ...]) -> str:
    path = shutil.which(program)
    if path is None:
        raise RecoveryError(f"The plan asks for {program}, which is not on the PATH.", remedy="Install it.")
    try:
        ended = subprocess.run(
            [path, *words], capture_output=True, text=True, errors="backslashreplace", timeout=DEADLINE, check=False
        )
    except subprocess.TimeoutExpired:
        raise RecoveryError(f"{program} did not end within {DEADLINE:g} s.") from None
    if ended.returncode not in ok:
        said = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise RecoveryError(f"{program} ended with exit code {ended.returncode}: {said}.")
    return ended.stdout


def _within(folder: Path, text: str) -> str:
    return text.replace(f"{folder}/", "", 1)


def _more(program: str, found: list[str] | list[tuple[str, str, str]]) -> list[str]:
    more = len(found) - MOST_NAMED
    return [f"{program} found {more} more."] if more > 0 else []
