"""The journal: append-only, chained, safe under threads, and honest about damage."""

import json
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.errors import NotProved
from recovery.journal import Journal, read_journal
from recovery.secrets import Scrubber


def three_lines(folder: Path) -> Path:
    journal = Journal(folder / "journal.jsonl")
    journal.write("opened", "failover", "Begun.", incident="i-1")
    journal.write("intent", "swap DNS", "About to swap.", attempt=1)
    journal.write("outcome", "swap DNS", "Swapped.", 0.25, before="a", after="b")
    return journal.path


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    lines = list(read_journal(three_lines(tmp_path)))
    assert [line.kind for line in lines] == ["opened", "intent", "outcome"]
    assert lines[2].seconds == 0.25
    assert lines[2].data == {"before": "a", "after": "b"}


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    path = three_lines(tmp_path)
    Journal(path).write("closed", "failover", "Completed.")
    assert [line.number for line in read_journal(path)] == [0, 1, 2, 3]


def test_half_a_line_of_a_dead_machine_never_counted(tmp_path: Path) -> None:
    path = three_lines(tmp_path)
    with path.open("ab") as file:
        file.write(b'{"number": 3, "at"')
    assert len(Journal(path).lines) == 3
    assert len(list(read_journal(path))) == 3


@pytest.mark.parametrize("index", [0, 1])
def test_a_dropped_line_is_found(tmp_path: Path, index: int) -> None:
    path = three_lines(tmp_path)
    raw = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(raw[:index] + raw[index + 1 :]))
    with pytest.raises(NotProved, match=f"breaks at line {index + 1}"):
        list(read_journal(path))


def test_swapped_lines_are_found(tmp_path: Path) -> None:
    path = three_lines(tmp_path)
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + third + second)
    with pytest.raises(NotProved, match="line 2"):
        list(read_journal(path))


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_flipped_bit_is_found(tmp_path_factory: pytest.TempPathFactory, place: int, bit: int) -> None:
    path = three_lines(tmp_path_factory.mktemp("journal"))
    raw = bytearray(path.read_bytes())
    before = [line.model_dump() for line in read_journal(path)]
    raw[place % len(raw)] ^= 1 << bit
    path.write_bytes(raw)
    try:
        after = [line.model_dump() for line in read_journal(path)]
    except NotProved:
        return
    # A flip that no reader can see changes nothing: `1.0e5` for `1.0E5`, a space for a tab.
    assert after == before


def test_many_threads_make_one_chain(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    threads = [threading.Thread(target=lambda: [journal.write("mark", "m", "m") for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(list(read_journal(journal.path))) == 160


def test_no_secret_reaches_it(tmp_path: Path) -> None:
    scrubber = Scrubber()
    scrubber.learn('p"ass\\word')
    journal = Journal(tmp_path / "journal.jsonl", clean=scrubber.clean)
    journal.write("failure", "step", 'could not log in with p"ass\\word', dsn='host=x password=p"ass\\word')
    text = journal.path.read_text()
    assert "ass" not in text.replace("password", "")
    assert json.loads(text)["data"]["dsn"] == "host=x password=[secret]"


def test_listeners_hear_every_line(tmp_path: Path) -> None:
    heard: list[str] = []
    journal = Journal(tmp_path / "journal.jsonl")
    journal.listen(lambda line: heard.append(line.kind))
    journal.write("opened", "a", "a")
    journal.write("closed", "a", "a")
    assert heard == ["opened", "closed"]


def test_it_is_for_this_user_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "new" / "journal.jsonl")
    journal.write("opened", "a", "a")
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
