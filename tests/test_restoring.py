"""How a dump is restored, and pg_restore at the end of a pipe, whatever becomes of it."""

import os
import sys

import pytest

from blocks.sources.postgresql_pipes import ProgramInput
from recovery.errors import RecoveryError
from recovery.restoring import choose_way, in_one_transaction

GB = 10**9
HEAD = ";\n; Archive created at 2026-11-24 16:00:00\n;     TOC Entries: 12\n;\n"


@pytest.mark.parametrize(
    ("jobs", "size", "free", "streamed", "words"),
    [
        (1, GB, 9 * GB, True, "1 jobs would gain less from a file"),
        (2, GB, 9 * GB, True, "restored while it is fetched: 2 jobs would gain less"),
        (4, GB, 9 * GB, False, "fetched first, so that 4 jobs can fill tables at once"),
        (4, 2 * GB, GB, True, "its 2,000 MB do not fit into the 1,000 MB that are free"),
    ],
)
def test_the_way_is_chosen_and_said(jobs: int, size: int, free: int, streamed: bool, words: str) -> None:
    way = choose_way(jobs, size, free)
    assert way.streamed == streamed
    assert words in way.sentence


@pytest.mark.parametrize(
    ("entries", "together"),
    [
        (["215; 1259 16386 TABLE public orders postgres"], True),
        (["3423; 0 16386 TABLE DATA public BLOB postgres"], True),
        (["3423; 2613 16500 BLOB - 16500 postgres"], False),
        (["3423; 2613 16500 BLOB METADATA - 16500..16501 postgres"], False),
        (["215; 1259 16386 TABLE public orders postgres"] * 1001, False),
    ],
)
def test_one_transaction_holds_what_the_locks_have_room_for(entries: list[str], together: bool) -> None:
    assert in_one_transaction(HEAD + "\n".join(entries) + "\n") == together


def program(text: str, seconds: float = 60) -> ProgramInput:
    return ProgramInput([sys.executable, "-c", f"import os, sys; {text}"], dict(os.environ), seconds)


def feed(fed: ProgramInput) -> None:
    """More than a pipe holds."""
    try:
        for _ in range(64):
            fed.write(bytes(1 << 16))
        fed.finish()
    finally:
        fed.close()
        fed.close()


def test_a_program_that_takes_all_and_one_that_had_enough_are_no_errors() -> None:
    feed(program("sys.stdin.buffer.read()"))
    feed(program("os.read(0, 10)"))


def test_a_program_that_fails_says_why_and_one_that_hangs_is_stopped() -> None:
    with pytest.raises(RecoveryError, match=r"failed with exit status 3: no room"):
        feed(program("os.read(0, 10); print('no room', file=sys.stderr); sys.exit(3)"))
    with pytest.raises(RecoveryError, match=r"did not finish within 1 s"):
        feed(program("import threading; threading.Event().wait()", seconds=1))
