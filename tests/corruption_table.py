"""The tables of `docs/corruption.md`, from the lists that the tests go by. Run it to write them anew."""

import re
from pathlib import Path

from corruption_damages import DAMAGES
from corruption_restored import DATABASE_CHANGES, FILE_CHANGES, SOURCE_CHANGES
from corruption_reused import REUSED

PAGE = Path(__file__).resolve().parent.parent / "docs" / "corruption.md"
TABLES = {
    "vault": DAMAGES,
    "reused": REUSED,
    "database": (*DATABASE_CHANGES, *SOURCE_CHANGES),
    "files": FILE_CHANGES,
}


def table(name: str) -> str:
    rows = [f"| {each.what} | {each.check} | {_shown(each.words)} |" for each in TABLES[name]]
    return "\n".join(["| damage | found by | the message says |", "|---|---|---|", *rows])


def checks() -> set[str]:
    return {each.check for tables in TABLES.values() for each in tables}


def _shown(words: str) -> str:
    named = re.sub(r"{(\w+)}", r"*\1*", words).strip()
    return f"… {named} …"


def filled(page: str) -> str:
    """The page with every table between its marks written anew."""
    for name in TABLES:
        pattern = rf"(<!-- {name} -->\n).*?(\n<!-- end -->)"
        page, count = re.subn(pattern, lambda found: found[1] + table(name) + found[2], page, flags=re.DOTALL)  # noqa: B023
        assert count == 1, name
    return page


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
