"""What the report says of approvals: who, what, when, and whether each signature holds, from the journal alone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from report_fixtures import Story
from ssh_signers import Signer

from recovery.approval import Subject
from recovery.journal import Line, read_journal
from recovery.report import render_html, render_markdown
from recovery.report_approvals import approvals_of

AT = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC).isoformat()
SUBJECT = Subject(
    incident="shop-1",
    application="shop",
    backup="b-1",
    manifest="m",
    terraform="t",
    dns="shop.test from 1 to 2",
    shown="The newest proved backup is b-1.",
)


def journal(folder: Path, *given: dict[str, Any], **changes: Any) -> tuple[Line, ...]:
    story = Story(folder / "journal.jsonl")
    story.open()
    asked = {"digest": SUBJECT.digest, "statement": SUBJECT.statement, "subject": SUBJECT.model_dump()}
    data = {"mode": "human", "approvals": list(given), **asked, **changes}
    story.write("mark", "approved", "Approved by ada and ben.", at=AT, **data)
    return tuple(read_journal(story.path))


def signed(statement: str, name: str = "ada") -> dict[str, Any]:
    signer = Signer()
    signature = signer.sign(statement)
    return {"approver": name, "way": "SSH signature", "at": AT, "key": signer.key, "signature": signature}


CODE = {"approver": "ben", "way": "one-time code", "at": AT, "key": None, "signature": None}


def test_who_signed_what_and_when_is_told_and_checked(tmp_path: Path) -> None:
    lines = journal(tmp_path, signed(SUBJECT.statement), CODE)
    (found,) = approvals_of(lines)
    assert found.whole
    assert [(each.approver, each.state) for each in found.signers] == [("ada", "good"), ("ben", "none")]
    for page in (render_html(lines), render_markdown(lines)):
        for part in (SUBJECT.digest, "The newest proved backup is b-1.", "the signature is of this digest", "one-time"):
            assert part in page
        assert "2026-11-23" in page


@pytest.mark.parametrize("statement", ["lifeboat approve shop-1 0000", "lifeboat approve shop-2 x"])
def test_a_signature_of_something_else_is_told(tmp_path: Path, statement: str) -> None:
    lines = journal(tmp_path, signed(statement))
    assert approvals_of(lines)[0].signers[0].state == "bad"
    assert "does not hold" in render_html(lines)
    assert "NOT a signature of this" in render_markdown(lines)


def test_a_subject_that_was_changed_is_told(tmp_path: Path) -> None:
    other = SUBJECT.model_copy(update={"backup": "b-2"})
    lines = journal(tmp_path, signed(SUBJECT.statement), subject=other.model_dump())
    (found,) = approvals_of(lines)
    assert not found.whole
    assert found.signers[0].state == "bad"  # what was signed is not what is shown
    assert "The digest on record is NOT of what is shown" in render_html(lines)


def test_a_policy_has_no_signers_and_an_older_line_is_left_out(tmp_path: Path) -> None:
    assert approvals_of(journal(tmp_path / "policy"))[0].signers == ()
    assert approvals_of(journal(tmp_path / "old", subject={"incident": "shop-1"})) == ()
