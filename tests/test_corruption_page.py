"""The page `docs/corruption.md` says what the tests do."""

import re

from corruption_table import PAGE, checks, filled


def test_the_tables_are_those_of_the_tests() -> None:
    page = PAGE.read_text()
    assert filled(page) == page, "run: python tests/corruption_table.py"


def test_every_check_is_explained_and_used() -> None:
    explained = set(
        re.findall(r"^- \*\*([a-z ]+)\*\*(?: \(|:)", PAGE.read_text().partition("## In the vault")[0], re.M)
    )
    assert explained == checks()
