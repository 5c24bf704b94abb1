"""Where applications stand, and what people are told, by the sentence."""

from datetime import timedelta

import pytest
from verification_fixtures import BROKEN, HOUR, NOON, listed, name, verified

from recovery.coverage import Ledger, keep_ledger
from recovery.coverage_page import MOST_ROWS, render_coverage
from recovery.fleet import stand, unknown
from recovery.fleet_page import render_page

RPO = timedelta(hours=2)
GOOD = keep_ledger("shop", [listed(1), listed(5)], [verified(1), verified(5)])
OLD = keep_ledger("shop", [listed(1), listed(5)], [verified(5)])
BAD = keep_ledger("shop", [listed(1), listed(5)], [verified(5), verified(1, problem="Table orders is missing.")])
SIGNS = keep_ledger("shop", [listed(1)], [verified(1, problem="Notes.", problem_kind="suspicious")])
NONE = keep_ledger("shop", [], [])
SHREDDED = keep_ledger("shop", [listed(1), BROKEN], [verified(1)])


@pytest.mark.parametrize(
    ("ledger", "trouble", "state", "why"),
    [
        (GOOD, None, "green", "Restored and equal to its source, in 2.0 s."),
        (GOOD, "Scratch was down.", "failed", "Scratch was down."),
        (OLD, None, "stale", f"older than the objective; the newest backup, {name(1)}, is not."),
        (BAD, "x", "failed", f"The newest backup, {name(1)}, is not what it should be: Table orders is missing."),
        (SIGNS, "x", "failed", f"The newest backup, {name(1)}, shows signs of ransomware: Notes."),
        (NONE, None, "failed", "There is no backup at all."),
        (SHREDDED, None, "failed", f"{BROKEN.backup}, is not what it should be: The manifest has no signature."),
        (keep_ledger("shop", [listed(1)], []), None, "failed", "No backup was ever proved."),
    ],
)
def test_state_and_why(ledger: Ledger, trouble: str | None, state: str, why: str) -> None:
    standing = stand(ledger, RPO, NOON, trouble)
    assert standing.state == state
    assert why in standing.why
    assert (standing.alert is None) == (state == "green")


def test_the_alert_says_what_is_lost_since_when_and_what_there_is() -> None:
    assert stand(BAD, RPO, NOON).alert == (
        "shop: what was written since 2026-01-01 07:00:00 UTC is not recoverable: 5 h 00 min, more than the objective "
        f"of 2 h 00 min. The newest backup, {name(1)}, is not what it should be: Table orders is missing. "
        f"The newest backup that is proved is {name(5)}."
    )
    assert "within the objective of 6 h 00 min" in str(stand(BAD, 6 * HOUR, NOON).alert)
    assert stand(SIGNS, RPO, NOON).alert == (
        "shop: NOTHING is recoverable: none of its 1 backups is proved. "
        f"The newest backup, {name(1)}, shows signs of ransomware: Notes."
    )
    assert unknown("shop", "Its vault is down").alert == (
        "shop: nothing is known of its backups, and nobody should count on them: Its vault is down."
    )


def test_the_page_has_the_worst_first_and_every_application() -> None:
    books = unknown("books", "Its plan has a fault"), stand(GOOD, RPO, NOON), stand(OLD, RPO, NOON)
    page = render_page([books[1], books[2], books[0]], NOON)
    assert page.startswith("# Backups of 3 application(s): 1 green, 1 stale, 1 failed\n")
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    assert [row.split(" | ")[1] for row in rows] == ["🔴 failed", "🟡 stale", "🟢 green"]
    assert f"| {name(1)} | 1 h 00 min | 2 h 00 min | no lock | 2 of 2 proved (2 proved equal) |" in rows[2]
    assert "| 2026-01-01 13:00:00 UTC |" in render_page([stand(GOOD, RPO, NOON, None, NOON + HOUR)], NOON)
    assert page.count("\n- ") == 2


def test_no_name_breaks_out_of_the_page() -> None:
    page = render_page([unknown("shop", "a | b\n# c <script> [x](http://y)")], NOON)
    row = next(line for line in page.splitlines() if line.startswith("| shop"))
    assert row.replace("\\|", "").count("|") == 9
    assert "\\<script\\>" in row
    assert "\\[x\\]" in row


def test_the_coverage_page_shows_every_backup() -> None:
    found = keep_ledger(
        "shop",
        [listed(1), listed(2), listed(3), listed(5), BROKEN],
        [
            verified(5, NOON - HOUR),
            verified(3, NOON, problem="A row | is gone."),
            verified(2, depth="restored", unfinished="Down."),
        ],
    )
    page = render_coverage([NONE.model_copy(update={"application": "books"}), found], NOON)
    assert page.startswith("# Coverage of 2 application(s)\n")
    assert "## books\n\nNo backup at all.\n" in page
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| 2026")]
    assert [row[0] for row in rows] == [f"| {each}" for each in (BROKEN.backup, name(1), name(2), name(3), name(5))]
    assert [row[2] for row in rows] == ["never verified", "never verified", "restored", "proved equal", "proved equal"]
    assert rows[4][3:] == ["2026-01-01 11:00:00 UTC", "2.0 s", "4 h 00 min", "equal to its source |"]
    assert "fault: A row \\| is gone." in page
    assert rows[2][-1] == "unfinished: Down. |"


def test_a_large_fleet_shows_the_newest_of_each() -> None:
    page = render_coverage([GOOD] * MOST_ROWS, NOON)
    assert page.count(f"| {name(1)} |") == MOST_ROWS
    assert name(5) not in page
    assert page.count("1 older ones are left out here.") == MOST_ROWS
