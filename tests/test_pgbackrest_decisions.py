"""Which pgBackRest backups can go, what its verification says of one of them, and where the log has gaps."""

import pytest

from blocks.snapshots.pgbackrest_expiry import decide_expiry
from blocks.snapshots.pgbackrest_label import DIGEST, NAME, POINT, Label
from blocks.snapshots.pgbackrest_verify import Segments, gap, problems


def label(name: str, kind: str, *needs: str, ours: bool = True) -> Label:
    notes = {NAME: name, POINT: "p", DIGEST: "d"} if ours else {}
    return Label(
        label=f"L{name}", kind=kind, stopped=1, size=1, needs=needs, notes=notes, encrypted=False, damaged=False,
        history=2, first="000000010000000000000002", last="000000010000000000000003",
    )  # fmt: skip


REPORT = """00:00:00.000 P01   INFO: invalid checksum '{file}'
00:00:00.000 P00 DETAIL: archiveId: 14-1, wal start: 00000001000000000000000A, wal stop: 00000001000000000000000A
00:00:00.000 P00 DETAIL: archiveId: 15-2, wal start: 000000010000000000000001, wal stop: 000000010000000000000004
00:00:00.000 P00   INFO: stanza: shop
                                    status: error
                                      backup: L9, status: invalid, total files checked: 0, total valid files: 0
stanza: shop
status: {status}
  archiveId: 14-1, total WAL checked: 1, total valid WAL: 0
    missing: 0, checksum invalid: 1, size invalid: 0, other: 0
  archiveId: 15-2, total WAL checked: 4, total valid WAL: 4
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
  backup: L1, status: {first}, total files checked: 9, total valid files: 8
    missing: 0, checksum invalid: {number}, size invalid: 0, other: 0
  backup: L2, status: valid, total files checked: 9, total valid files: 9
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
"""


def test_verification_tells_of_a_backup_what_it_needs_and_no_more() -> None:
    broken = REPORT.format(file="L1/pg_data/base/1", status="error", first="invalid", number=1)
    alone, upon = label("2", "full"), label("2", "incr", "L1")
    assert problems(broken, alone) == ()
    [told] = problems(broken, upon)
    assert told.startswith("backup: L1, status: invalid")
    assert told.endswith("checksum invalid: 1 (invalid checksum 'L1/pg_data/base/1')")
    sound = REPORT.format(file="x", status="ok", first="valid", number=0)
    assert problems(sound, upon) == ()
    assert problems(sound, label("3", "full")) == ("verify did not read L3",)
    [nowhere] = problems("stanza: shop\nstatus: error\n[1] no archives exist\n", alone)[1:2]
    assert "no archives exist" in nowhere


@pytest.mark.parametrize(
    ("ranges", "told"),
    [
        ([(1, 2, 5)], None),
        ([(1, 2, 2), (1, 3, 9)], None),
        ([(1, 2, 5), (2, 5, 9)], None),
        ([(1, 2, 5), (2, 6, 9)], None),
        ([(1, 2, 0xFF), (1, 0x100000000, 0x100000003)], None),
        ([], "lacks"),
        ([(1, 3, 9)], "lacks"),
        ([(2, 2, 9)], "lacks"),
        ([(1, 1, 2)], "ends with 000000010000000000000002"),
        ([(1, 2, 5), (1, 7, 9)], "gap between 000000010000000000000005 and 000000010000000000000007"),
        ([(1, 2, 5), (2, 7, 9)], "gap between"),
        ([(1, 2, 5), (2, 4, 6), (2, 8, 9)], "gap between"),
    ],
)
def test_gaps_in_the_log(ranges: list[tuple[int, int, int]], told: str | None) -> None:
    parts = [Segments(f"{line:08X}{first:016X}", f"{line:08X}{last:016X}") for line, first, last in ranges]
    found = gap(parts, "000000010000000000000002", "000000010000000000000003")
    assert (found is None) if told is None else (found is not None and told in found)


@pytest.mark.parametrize(
    ("keep", "removed", "held"),
    [
        ([], ("2", "1"), ("3 is needed by L4",)),
        (["2"], (), ("3 is needed by L4", "1 is needed by L2")),
        (["1"], ("2",), ("3 is needed by L4",)),
    ],
)
def test_what_others_are_made_upon_stays(keep: list[str], removed: tuple[str, ...], held: tuple[str, ...]) -> None:
    labels = [label("4", "incr", "L3"), label("3", "full"), label("2", "diff", "L1"), label("1", "full")]
    decided = decide_expiry(labels, keep)
    assert (decided.removed, decided.held) == (removed, held)


def test_what_others_took_stays_and_what_it_needs() -> None:
    labels = [label("3", "full"), label("2", "incr", "L1", ours=False), label("1", "full"), label("0", "full")]
    decided = decide_expiry(labels, [])
    assert decided.removed == ("0",)
    assert decided.held == ("1 is needed by L2",)
    assert decided.full_left == 2
