"""Ransomware on real parts: two infected backups, a clean one before them, a kill on the way, and what is left."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from attack import NOTE, Attack
from killed_run import play
from theatre import Theatre
from way_back import plan_of_shop, write_plan

from flows.backup import backup
from flows.ransomware import ransomware
from flows.release_hold import release_hold
from flows.retention import retention
from flows.verify import verify
from recovery.clock import Clock
from recovery.errors import RecoveryError, Refused
from recovery.history import journals
from recovery.journal import Line, read_journal

# A world, two infected backups and three runs take minutes on a machine that is busy.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
KILLED = -9


@pytest.fixture(scope="module")
def attack(theatre: Theatre, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attack]:
    folder = tmp_path_factory.mktemp("plans")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFEBOAT_PLANS", str(folder))
        found = Attack(theatre)
        plan = plan_of_shop()
        found.change(plan)
        write_plan(folder, plan)
        theatre.write_blocks()
        yield found


def take() -> str:
    return asyncio.run(backup.fn(plan="shop"))


def of(lines: tuple[Line, ...], kind: str, step: str) -> list[Line]:
    return [line for line in lines if (line.kind, line.step) == (kind, step)]


def journal_of(incident: str) -> tuple[Line, ...]:
    return next(tuple(read_journal(path)) for path in journals() if path.parent.name == incident)


def run_dry(**more: Any) -> tuple[Line, ...]:
    return journal_of(asyncio.run(ransomware.fn(plan="shop", **more)))


@pytest.fixture(scope="module")
def walked(attack: Attack) -> tuple[list[str], tuple[Line, ...]]:
    """The whole run, killed on the way: the backups, the oldest first, and its journal."""
    clean = attack.stage.backup
    asyncio.run(verify.fn(plan="shop", backup=clean))
    attack.encrypt()
    second = take()
    attack.encrypt()
    third = take()
    lines = run_dry()
    assert of(lines, "would", "fence primary")
    assert f"A real run would begin here. Looking at {third}" in of(lines, "outcome", "choose backup")[0].sentence
    assert attack.stage.addresses() == (attack.state.addresses.primary,)
    assert attack.lets_in(attack.old)

    known = set(journals())
    assert play("intent", "rotate secrets", 0.05, flow="ransomware") == KILLED
    assert play(flow="ransomware") == 0
    [journal] = [path for path in set(journals()) - known if "-ransomware-" in path.parent.name]
    return [clean, second, third], tuple(read_journal(journal))


def test_the_last_clean_backup_is_restored_and_none_is_looked_at_twice(
    attack: Attack, walked: tuple[list[str], tuple[Line, ...]]
) -> None:
    [clean, second, third], lines = walked
    assert Clock.of(lines).ending == "recovered"
    chosen = of(lines, "outcome", "choose backup")[-1].data
    assert chosen["backup"] == clean
    assert [sentence.split()[0] for sentence in chosen["passed_over"]] == [third, second]
    for sentence in chosen["passed_over"]:
        assert "shows signs of ransomware" in sentence
        assert "have an ending that ransomware gives" in sentence
        assert re.search(r"\d of \d tables hold as many rows as before and other content", sentence)
    assert [len(of(lines, "intent", f"look at {name}")) for name in (third, second, clean)] == [1, 1, 0]
    assert attack.stage.addresses() == (attack.state.addresses.standby,)
    assert not [*attack.state.standby_uploads.rglob("*.akira")]
    with psycopg.connect(**attack.state.standby.libpq(dbname="shop")) as live:
        assert live.execute("select count(*) from customers where name ~ '^[0-9a-f]{32}$'").fetchone() == (0,)


def test_the_order_is_contain_keep_rebuild_rotate_promote(walked: tuple[list[str], tuple[Line, ...]]) -> None:
    lines = walked[1]
    begun = [line.step for line in lines if line.kind == "intent"]
    wanted = ["fence primary", "hold backups", "keep evidence of database", "approve", "apply Terraform"]
    wanted += ["restore database", "rotate secrets", "promote standby", "configure standby", "rotate keys"]
    assert sorted(wanted, key=lambda step: begun.index(step)) == wanted
    assert of(lines, "outcome", "fence primary")[-1].data["proved"] is True


def test_evidence_is_kept_signed_and_never_to_be_chosen(
    attack: Attack, walked: tuple[list[str], tuple[Line, ...]], tmp_path: Path
) -> None:
    lines, store = walked[1], attack.store()
    custody = attack.custody(lines[0].data["incident"])
    pieces = {piece.what: piece for piece in custody.pieces}
    assert all(piece.kept for piece in pieces.values())
    assert set(pieces) == {"database", "uploads"}
    manifest = store.manifest("shop.evidence", str(pieces["uploads"].reference))
    assert manifest.digest == pieces["uploads"].manifest
    names = store.expected(manifest, "uploads").items
    assert NOTE in names
    assert any(name.endswith(".akira") for name in names)
    assert custody.journal in {line.hash for line in lines}
    evidence = {piece.reference for piece in pieces.values()}
    assert not evidence & {each.backup for each in store.list("shop")}


def test_the_old_secret_is_refused_and_nobody_wrote_the_new_one_down(
    attack: Attack, walked: tuple[list[str], tuple[Line, ...]]
) -> None:
    lines, new = walked[1], attack.new_password()
    assert new != attack.old
    assert attack.lets_in(new)
    assert not attack.lets_in(attack.old)
    evidence = of(lines, "outcome", "rotate secrets")[-1].data["evidence"]
    assert evidence == [
        "Secrets Manager hands out the new version",
        "the new password lets in",
        "the old password is refused",
    ]
    written = [path.read_text(errors="replace") for path in journals()]
    report = next(path.with_name("report.html") for path in journals() if path.parent.name == lines[0].data["incident"])
    for text in [*written, report.read_text()]:
        assert new not in text
        assert attack.old not in text


def test_the_report_tells_of_it(walked: tuple[list[str], tuple[Line, ...]]) -> None:
    incident = walked[1][0].data["incident"]
    report = next(path.with_name("report.html") for path in journals() if path.parent.name == incident).read_text()
    assert "Evidence of the old site" in report
    assert f"evidence/shop/{incident}.json" in report
    assert "the old password is refused" in report
    assert all(name in report for name in walked[0])


def test_it_is_refused_where_the_application_has_left_the_primary(
    attack: Attack, walked: tuple[list[str], tuple[Line, ...]]
) -> None:
    with pytest.raises(Refused, match="already runs at the standby"):
        asyncio.run(ransomware.fn(plan="shop", mode="for real", incident="new"))


def test_nothing_ages_out_until_a_person_releases_the_hold(
    attack: Attack, walked: tuple[list[str], tuple[Line, ...]]
) -> None:
    [clean, *_], lines = walked
    store, incident = attack.store(), lines[0].data["incident"]
    newest = take()  # at the standby, whose backups go on
    assert incident in asyncio.run(retention.fn(plan="shop", mode="for real"))
    assert len(store.list("shop")) == 4
    with pytest.raises(Refused, match="held because of"):
        store.care.remove("shop", clean)
    with pytest.raises(RecoveryError, match="released by a person with a reason"):
        asyncio.run(release_hold.fn(plan="shop", mode="for real", held=incident, by="ada", reason=" "))
    asyncio.run(release_hold.fn(plan="shop", mode="for real", held=incident, by="ada", reason="the police has a copy"))
    assert "2 backups removed, 2 kept" in asyncio.run(retention.fn(plan="shop", mode="for real"))
    assert {each.backup for each in store.list("shop")} == {clean, newest}
    assert store.list("shop.evidence"), "the evidence stays"
