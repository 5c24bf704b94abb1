"""What is approved, by whom, and whether that is enough; signatures as ssh-keygen makes and checks them."""

import json
import shlex
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from ssh_signers import Signer
from sshsig.sshsig import SshsigSignature

from blocks.approvals.codes import STEP, ApprovalCodes
from recovery.approval import Given, Subject, check_evidence, judge_approvals
from recovery.errors import NotProved
from recovery.plan_approval import Approval, Approver
from recovery.ssh_signature import check_ssh_signature, parse_public_key, signing_command, tidy_signature

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA, BEN = Signer(), Signer()
SUBJECT = Subject(
    incident="shop-failover-1",
    application="shop",
    backup="b-1",
    manifest="m",
    terraform="t",
    dns="shop.example.test from 192.0.2.1 to 192.0.2.2",
    shown="Restoring b-1.",
)
needs_ssh_keygen = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="no ssh-keygen: package openssh-client"
)


def approved(*names: str) -> list[Given]:
    return [Given(approver=name, way="one-time code", at=NOON) for name in names]


@pytest.mark.parametrize(
    ("names", "needed", "initiator", "verdict", "words"),
    [
        ([], 1, "ada", "refuse", "0 of 1 approved (nobody yet)."),
        (["ben"], 1, "ada", "go", "Approved by ben."),
        (["ada"], 1, "ada", "refuse", "1 of 1 approved (ada), who started it: nobody approves alone."),
        (["ada", "ada"], 2, "ben", "refuse", "1 of 2 approved (ada)."),
        (["ada", "ben"], 1, "ada", "go", "Approved by ada and ben."),
        (["ada", "ben"], 2, "ada", "go", "Approved by ada and ben."),
        (["ada"], 1, "uptime monitor", "go", "Approved by ada."),
        (["ada"], 1, "", "refuse", "1 of 2 approved (ada); who started it is not known, so one alone is not enough."),
        (["ada", "ben"], 1, "", "go", "Approved by ada and ben."),
        (["ada", "ben"], 3, "", "refuse", "2 of 3 approved"),
    ],
)
def test_how_many_are_enough(names: list[str], needed: int, initiator: str, verdict: str, words: str) -> None:
    judged = judge_approvals(Approval(needed=needed), approved(*names), initiator)
    assert judged.verdict == verdict
    assert words in judged.sentence


@given(st.lists(st.sampled_from(["ada", "ben", "cyd"])), st.integers(1, 3), st.sampled_from(["", "ada", "a machine"]))
def test_nobody_approves_alone_what_they_may_have_started(names: list[str], needed: int, initiator: str) -> None:
    judged = judge_approvals(Approval(needed=needed), approved(*names), initiator)
    enough = len(set(names)) >= needed and bool(set(names) - {initiator}) and (len(set(names)) > 1 or bool(initiator))
    assert (judged.verdict == "go") == enough


def test_whatever_differs_needs_another_approval() -> None:
    others = [SUBJECT.model_copy(update={name: "other"}) for name in Subject.model_fields]
    assert len({SUBJECT.digest, *(other.digest for other in others)}) == len(others) + 1
    signature = ADA.sign(SUBJECT.statement)
    check_ssh_signature(SUBJECT.statement, signature, ADA.key)
    for other in others:
        with pytest.raises(NotProved):
            check_ssh_signature(other.statement, signature, ADA.key)


def test_a_form_that_takes_out_line_ends_does_no_harm() -> None:
    signature = ADA.sign(SUBJECT.statement)
    for text in (signature, signature.replace("\n", ""), signature.replace("\n", " "), f"  {signature}\r\n"):
        check_ssh_signature(SUBJECT.statement, tidy_signature(text), ADA.key)


BROKEN = [
    lambda: BEN.sign(SUBJECT.statement),  # another's
    lambda: ADA.sign(SUBJECT.statement, namespace="git"),  # for something else
    lambda: ADA.sign(f"{SUBJECT.statement} "),
    lambda: ADA.sign(SUBJECT.statement, hashed_by="md5"),
    lambda: "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----",
    lambda: "-----BEGIN SSH SIGNATURE-----\n?\n-----END SSH SIGNATURE-----",
    lambda: "-----BEGIN SSH SIGNATURE----------END SSH SIGNATURE-----",
    lambda: "yes",
    lambda: "",
    lambda: "-----BEGIN SSH SIGNATURE-----" + "A" * 20_000 + "-----END SSH SIGNATURE-----",
]


@pytest.mark.parametrize("broken", BROKEN)
def test_any_other_signature_counts_for_nothing(broken: Any) -> None:
    with pytest.raises(NotProved):
        check_ssh_signature(SUBJECT.statement, tidy_signature(broken()), ADA.key)


@given(st.integers(0, 2000), st.integers(1, 255))
def test_one_changed_byte_breaks_it_or_is_not_read(place: int, change: int) -> None:
    """Bits that base64 and the lengths of SSH's strings leave open may differ. Key, hash and signature may not."""
    whole = ADA.sign(SUBJECT.statement)
    signature = whole.encode()
    place %= len(signature)
    text = bytes([*signature[:place], signature[place] ^ change, *signature[place + 1 :]]).decode("latin-1")
    try:
        check_ssh_signature(SUBJECT.statement, tidy_signature(text), ADA.key)
    except NotProved:
        return
    read, right = SshsigSignature.from_armored(tidy_signature(text)), SshsigSignature.from_armored(whole)
    assert (read.public_key, read.hash_algo, read.namespace) == (right.public_key, right.hash_algo, right.namespace)
    assert read.signature[-64:] == right.signature[-64:]


@pytest.mark.parametrize(
    "key", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-dss AAAA", "ecdsa-sha2-nistp256 AAAA", "a b c"]
)
def test_what_is_no_key_is_said(key: str) -> None:
    with pytest.raises(ValueError, match="no SSH public key"):
        parse_public_key(key)
    with pytest.raises(ValidationError):
        Approver(name="ada", key=key)
    assert parse_public_key(f"{ADA.key} ada@example.test") == ADA.key


@needs_ssh_keygen
@pytest.mark.parametrize("kind", [["ed25519"], ["rsa", "-b", "2048"]])
def test_the_command_that_is_shown_makes_what_counts(tmp_path: Path, kind: list[str]) -> None:
    make = ["ssh-keygen", "-q", "-t", *kind, "-N", "", "-f", str(tmp_path / "key")]
    subprocess.run(make, check=True, timeout=60)
    command = signing_command(SUBJECT.statement).replace("~/.ssh/id_ed25519", shlex.quote(str(tmp_path / "key")))
    signed = subprocess.run(command, shell=True, check=True, capture_output=True, text=True, timeout=60)
    key = parse_public_key((tmp_path / "key.pub").read_text())
    check_ssh_signature(SUBJECT.statement, tidy_signature(signed.stdout.replace("\n", "")), key)


def evidence() -> dict[str, Any]:
    signature = tidy_signature(ADA.sign(SUBJECT.statement))
    signed = Given(approver="ada", way="SSH signature", at=NOON, key=ADA.key, signature=signature)
    approvals = [signed.model_dump(mode="json"), approved("ben")[0].model_dump(mode="json")]
    held = {"digest": SUBJECT.digest, "statement": SUBJECT.statement, "subject": SUBJECT.model_dump()}
    return json.loads(json.dumps({**held, "approvals": approvals, "at": NOON.isoformat()}))


def test_the_evidence_is_checked_offline() -> None:
    said = check_evidence(evidence())
    assert said[0].startswith("ada signed it with ssh-ed25519")
    assert "nobody can check afterwards" in said[1]
    for path in (("digest",), ("statement",), ("subject", "backup"), ("approvals", 0, "key")):
        forged = place = evidence()
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = BEN.key if path[-1] == "key" else "another"
        with pytest.raises(NotProved):
            check_evidence(forged)


PAGE = (Path(__file__).parent.parent / "docs" / "approvals.md").read_text()


@needs_ssh_keygen
def test_an_auditor_checks_it_as_the_page_says(tmp_path: Path) -> None:
    script = PAGE.split("```sh\n")[1].split("```")[0]
    journal = tmp_path / "journal.jsonl"
    line = {"kind": "mark", "step": "approved", "data": evidence()}
    journal.write_text(json.dumps({"kind": "mark", "step": "started"}) + "\n" + json.dumps(line) + "\n")
    ran = subprocess.run(["sh", "-ec", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert 'Good "lifeboat" signature for ada' in ran.stdout


SECRET = pyotp.random_base32()
CODES = ApprovalCodes(secrets={"ada": SecretStr(SECRET)})


def test_a_code_counts_for_half_a_minute_and_the_ones_beside_it() -> None:
    code = pyotp.TOTP(SECRET).at(NOON)
    number = CODES.check("ada", f"{code[:3]} {code[3:]}", NOON)
    assert {CODES.check("ada", code, NOON + move) for move in (-STEP, STEP)} == {number}
    wrong = [("ben", code, NOON), ("ada", code, NOON + 3 * STEP), ("ada", "", NOON), ("ada", "é", NOON)]
    for approver, text, at in wrong:
        with pytest.raises(NotProved, match="one-time code of now"):
            CODES.check(approver, text, at)


def test_a_weak_secret_is_turned_down_and_not_shown() -> None:
    for secret in ("JBSWY3DP", "not base32 at all 11111111111111", ""):
        with pytest.raises(ValidationError) as caught:
            ApprovalCodes(secrets={"ada": SecretStr(secret)})
        assert not secret or secret not in str(caught.value)
