"""Signs of ransomware, by the sentence; and none where there is none."""

import random
import zlib
from pathlib import Path

import pytest
from verification_fixtures import NOON

from recovery.content import Content, Item
from recovery.entropy import MOST_FILES, Sample, entropy_of, kinds_of, take_samples
from recovery.plan_verification import Thresholds
from recovery.ransomware import Signs, find_signs
from recovery.ransomware_marks import known_marks

MARKS = known_marks()
FILES = {f"photos/{number}.jpg": number for number in range(60)} | {
    f"notes/{number}.txt": 100 + number for number in range(40)
}


def content(items: dict[str, int | tuple[int, int]], kind: str = "files") -> Content:
    """Items: a name to its content's number, or to a count of rows and that number."""
    pairs = {name: value if isinstance(value, tuple) else (100, value) for name, value in items.items()}
    made = {name: Item(count=count, digest=str(digest), method="m") for name, (count, digest) in pairs.items()}
    return Content.model_validate({"kind": kind, "origin": "o", "taken_at": NOON, "items": made})


def signs(now: Content, before: Content | None = None, **more: object) -> Signs:
    fields = {"samples": (), "measures": {}, "thresholds": Thresholds(), "marks": MARKS} | more
    return find_signs("uploads", now, before, **fields)  # type: ignore[arg-type]


def one_sign(*arguments: Content, **more: object) -> str:
    found = signs(*arguments, **more)
    assert found.verdict == "suspicious"
    assert len(found.signs) == 1
    return found.signs[0]


def test_a_backup_like_the_one_before_is_clean() -> None:
    grown = FILES | {f"photos/new-{number}.jpg": 1000 + number for number in range(500)}
    assert signs(content(grown), content(FILES)) == Signs(verdict="clean", signs=())
    assert signs(content(FILES)).verdict == "clean"


def test_known_endings_and_notes() -> None:
    named = content(FILES | {"a.docx.lockbit": 1, "b.LOCKED": 2})
    assert one_sign(named) == "uploads: 2 file(s) have an ending that ransomware gives: a.docx.lockbit, b.LOCKED."
    for note in ("x/HOW_TO_DECRYPT_FILES.html", "akira_readme.txt", "Restore-My-Files.txt", "@Please_Read_Me@.txt"):
        assert "named like a ransom note" in one_sign(content(FILES | {note: 1}))


@pytest.mark.parametrize(
    "name", ["README", "readme.md", "docs/README.txt", "how-to.txt", "locked/plan.txt", "recovery.py"]
)
def test_ordinary_names_are_none(name: str) -> None:
    assert signs(content(FILES | {name: 1})).verdict == "clean"


def test_mass_change_says_changed_renamed_deleted() -> None:
    now = {name: number + 5000 for name, number in list(FILES.items())[:30]}
    now |= {f"{name}.x9q": number for name, number in list(FILES.items())[30:80]}
    assert one_sign(content(now), content(FILES)) == (
        "uploads: 100% of the 100 files of the backup before are not as they were: 30 changed, 50 renamed, 20 deleted."
    )


@pytest.mark.parametrize(("changed", "verdict"), [(49, "clean"), (50, "suspicious")])
def test_the_share_is_a_threshold(changed: int, verdict: str) -> None:
    now = FILES | dict.fromkeys(list(FILES)[:changed], 9000)
    assert signs(content(now), content(FILES)).verdict == verdict
    assert signs(content(now), content(FILES), thresholds=Thresholds(changed_share=0.9)).verdict == "clean"


def test_few_files_say_nothing() -> None:
    assert signs(content({"a": 9}), content({"a": 1, "b": 2})).verdict == "clean"


def test_entropy() -> None:
    assert entropy_of(b"") == entropy_of(b"a" * 999) == 0.0
    assert entropy_of(bytes(range(256))) == 8.0
    assert entropy_of(random.Random(1).randbytes(16_384)) > 7.9


def write(folder: Path, name: str, data: bytes) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def text(number: int) -> bytes:
    return b"".join(b"Order %d was paid on day %d, and sent.\n" % (number + line, line) for line in range(300))


def test_text_that_was_encrypted_stands_out_with_and_without_an_earlier_measure(tmp_path: Path) -> None:
    for number in range(5):
        write(tmp_path / "plain", f"{number}.txt", text(number))
        write(tmp_path / "sealed", f"{number}.txt", random.Random(number).randbytes(9000))
    plain, sealed = take_samples(tmp_path / "plain", MARKS), take_samples(tmp_path / "sealed", MARKS)
    before = signs(content(FILES), samples=plain)
    assert before.verdict == "clean"
    assert 3 < before.measures["entropy of .txt"] < 6
    assert "the entropy of .txt files rose from 4." in one_sign(
        content(FILES), samples=sealed, measures=before.measures
    )
    assert ".txt files look random: 8.0 bits a byte" in one_sign(content(FILES), samples=sealed)


def test_what_is_compressed_by_nature_is_judged_by_how_it_begins(tmp_path: Path) -> None:
    for number in range(6):
        noise = random.Random(number).randbytes(9000)
        write(tmp_path / "plain", f"{number}.jpg", bytes.fromhex("ffd8ff") + noise)
        write(tmp_path / "sealed", f"{number}.jpg", b"\x01" + noise)
        write(tmp_path / "plain", f"{number}.bin", zlib.compress(noise))
    plain, sealed = take_samples(tmp_path / "plain", MARKS), take_samples(tmp_path / "sealed", MARKS)
    assert signs(content(FILES), samples=plain).verdict == "clean"
    assert "6 of 6 sampled files do not begin as their ending says: 0.jpg" in one_sign(content(FILES), samples=sealed)
    assert signs(content(FILES), samples=(*plain, *sealed[:2])).verdict == "clean"


def test_samples_are_bounded_spread_over_kinds_and_follow_no_link(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 100):
        write(tmp_path, f"many/{number:04}.log", b"x" * 600)
    write(tmp_path, "one.csv", b"y" * 600)
    write(tmp_path, "short.csv", b"y")
    (tmp_path / "link.csv").symlink_to("/etc/hostname")
    samples = take_samples(tmp_path, MARKS)
    names = [each.name for each in samples]
    assert len(samples) <= MOST_FILES
    assert {"one.csv", "short.csv"} <= set(names)
    assert "link.csv" not in names
    assert max(names) > "many/0800.log"
    assert kinds_of(samples) == {"entropy of .csv": 0.0, "entropy of .log": 0.0}


def test_odd_names_do_no_harm(tmp_path: Path) -> None:
    with (tmp_path / "odd\udcff.txt").open("wb") as file:
        file.write(text(1))
    samples = take_samples(tmp_path, MARKS)
    assert samples == (Sample(name="odd\\udcff.txt", entropy=samples[0].entropy, begins_rightly=None),)


TABLES: dict[str, int | tuple[int, int]] = {f"public.t{number}": (1000, number) for number in range(6)}


def test_tables_that_lost_their_rows_and_notes_among_tables() -> None:
    before = content(TABLES, "postgresql")
    now = content(TABLES | {"public.t0": (400, 9), "public.t1": (600, 9)}, "postgresql")
    assert one_sign(now, before) == "uploads: 1 table(s) lost most of their rows: public.t0 from 1000 to 400."
    gone = content({name: value for name, value in TABLES.items() if name != "public.t5"}, "postgresql")
    assert "public.t5 from 1000 to 0" in one_sign(gone, before)
    noted = content(TABLES | {"public.readme_to_recover_your_data": (1, 1)}, "postgresql")
    assert "named like a ransom note: public.readme_to_recover_your_data" in one_sign(noted, before)


def test_tables_rewritten_in_place_are_a_sign_and_a_living_database_is_none() -> None:
    before = content(TABLES, "postgresql")
    rewritten = content(dict.fromkeys(list(TABLES)[:5], (1000, 99)) | {"public.t5": (1000, 5)}, "postgresql")
    assert one_sign(rewritten, before) == "uploads: 5 of 6 tables hold as many rows as before and other content."
    living = content({name: (1000 + number, 99) for number, name in enumerate(TABLES)}, "postgresql")
    assert signs(living, before).verdict == "clean"
