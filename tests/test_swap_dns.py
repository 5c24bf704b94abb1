"""The step that swaps, on zones that leave something undone or could not be swapped at all."""

from pathlib import Path
from typing import Any

import pytest
from test_backup_tasks import Stage

from blocks.zones.kind import Record, Zone
from tasks.readiness_probes import dns
from tasks.run import Run
from tasks.swap_dns import swap_dns


class Slow(Zone):
    """A zone that is cut off in its first swap, after the record was changed."""

    _block_type_slug = "slow-zone"
    address: str = "127.0.0.10"
    left: str = ""
    wrong: tuple[str, ...] = ()
    swapped: list[tuple[str, ...]] = []

    def read(self, name: str) -> Record | None:
        return Record(name=name, values=(self.address,), ttl=5)

    def swap(self, expected: Record, target: Record) -> str:
        self.swapped.append(target.values)
        self.address, self.left = target.values[0], ""
        return "change 7"

    def answers(self, name: str) -> dict[str, tuple[str, ...]]:
        return {"192.0.2.53:53": (self.address,)}

    def unfinished(self, name: str) -> str:
        return self.left

    def faults(self, name: str) -> tuple[str, ...]:
        return self.wrong


class ZoneStage(Stage):
    def __init__(self, folder: Path, zone: Zone) -> None:
        super().__init__(folder)
        self.zone = zone

    def run(self, **changes: Any) -> Run:
        run = super().run(**changes)
        run._blocks = {**run._blocks, run.plan.dns.zone: self.zone}
        return run


def test_it_swaps_once(tmp_path: Path) -> None:
    zone = Slow()
    stage = ZoneStage(tmp_path, zone)
    said = stage.play(swap_dns)
    assert said.sentence == "shop.example.test now points at 127.0.0.20, not at 127.0.0.10."
    again = stage.play(swap_dns)
    assert again.sentence == "shop.example.test already points at the standby, 127.0.0.20."
    assert zone.swapped == [("127.0.0.20",)]


def test_what_a_swap_that_was_cut_off_left_is_done(tmp_path: Path) -> None:
    zone = Slow(address="127.0.0.20", left="the edges of E1 may still hold what another origin said")
    stage = ZoneStage(tmp_path, zone)
    seen = stage.play(swap_dns, dry_run=True)
    assert "points at the standby, 127.0.0.20. But the edges of E1 may still hold what another" in seen.sentence
    assert zone.swapped == []
    said = stage.play(swap_dns)
    assert said.sentence == "shop.example.test points at the standby; what a swap that was cut off left is done."
    assert (said.facts["change"], zone.swapped) == ("change 7", [("127.0.0.20",)])
    assert stage.play(swap_dns).sentence.startswith("shop.example.test already points at the standby")


@pytest.mark.parametrize(
    ("wrong", "state", "said"),
    [
        ((), "ready", "shop.example.test is answered by 1 servers, TTL 5 s."),
        (("the check is not inverted",), "not ready", "A swap would not work: the check is not inverted."),
    ],
)
def test_readiness_says_what_would_keep_a_swap_from_working(
    tmp_path: Path, wrong: tuple[str, ...], state: str, said: str
) -> None:
    check = dns(ZoneStage(tmp_path, Slow(wrong=wrong)).run())
    assert (check.state, check.sentence) == (state, said)
