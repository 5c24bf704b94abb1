"""What the report tells of a recovery after ransomware, and that it tells nothing of it where there was none."""

from pathlib import Path

import pytest
from report_fixtures import HOSTILE, Story

from recovery.journal import Line, read_journal
from recovery.report import render_html, render_markdown
from recovery.report_ransomware import cleanup_of


@pytest.fixture
def lines(tmp_path: Path) -> tuple[Line, ...]:
    story = Story(tmp_path / "journal.jsonl")
    story.open()
    story.step("hold backups", 1, "Every backup of shop stays until a person releases the hold.")
    story.step("check clean site", 1, "The standby's places are empty.")
    pieces = [
        {"what": "uploads", "kept": True, "sentence": "uploads is kept as evidence e-1."},
        {"what": "database", "kept": False, "sentence": f"database could not be read ({HOSTILE})."},
    ]
    story.step("sign chain of custody", 1, "Kept.", pieces=pieces, custody="evidence/shop/i-1.json")
    story.step("choose backup", 1, "The last clean backup is b-1.", backup="b-1", passed_over=["b-2 shows signs."])
    secret = {"proved": False, "evidence": ["the old password STILL lets in"]}
    story.step("rotate secrets", 1, "Going on WITHOUT it.", secrets={"postgresql-role/shop": secret})
    return tuple(read_journal(tmp_path / "journal.jsonl"))


def test_both_forms_tell_what_was_kept_rejected_held_and_rotated(lines: tuple[Line, ...]) -> None:
    for text in (render_html(lines), render_markdown(lines).replace("\\", "")):
        for wanted in (
            "Evidence of the old site",
            "evidence/shop/i-1.json",
            "NOT kept",
            "b-2 shows signs.",
            "stays until a person releases the hold",
            "places are empty",
            "the old password STILL lets in",
        ):
            assert wanted in text
    assert "<script>alert" not in render_html(lines)
    assert "not rotated" in render_html(lines)
    assert "NOT rotated" in render_markdown(lines)


def test_what_was_rejected_is_told_once(lines: tuple[Line, ...]) -> None:
    html = render_html(lines)
    assert html.count("<li>b-2 shows signs.</li>") == 1
    assert "Newer backups that were passed over" not in html


def test_of_any_other_recovery_it_tells_nothing() -> None:
    assert cleanup_of({"choose backup": {"passed_over": ["b-2 failed."]}}, {"choose backup": "b-1"}) is None


def test_whatever_a_journal_holds_it_is_read() -> None:
    odd = {"sign chain of custody": {"pieces": 7}, "rotate secrets": {"secrets": ["x"]}}
    found = cleanup_of(odd, {"hold backups": "Held."})
    assert found is not None
    assert (found.pieces, found.rotated, found.hold) == ((), (), "Held.")
