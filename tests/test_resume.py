"""Which incident is gone on with, what of it stands, and who may write its journal."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from blocks.vaults.folder import FolderVault
from recovery.errors import Missing, NotProved, Refused
from recovery.journal import Journal, Line, read_journal
from recovery.lease import Process
from recovery.outcome import Outcome
from recovery.playbooks import UNFINISHED
from recovery.resume import (
    Earlier,
    decide_resume,
    is_over,
    keeps_drained,
    keeps_promoted,
    may_abandon,
    of_this_run,
)
from tasks.mirror import JournalMirror
from tasks.processes import is_dead, this_process
from tasks.unfinished import NEW, Which, bring_journal, decide_incident, mirror_key

OLD, CUT = "shop-failover-20260101T000000Z-0001", "shop-failover-20260102T000000Z-0002"


def write(path: Path, incident: str, *lines: tuple[str, str], dry_run: bool = False) -> tuple[Line, ...]:
    journal = Journal(path)
    if not journal.lines:
        journal.write("opened", "failover", "failover of shop", incident=incident, dry_run=dry_run)
    for kind, step in lines:
        state = {"state": "completed"} if kind == "closed" else {}
        journal.write(kind, step, f"{step}: {kind}", number=len(journal.lines), **state)  # type: ignore[arg-type]
    return journal.lines


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIFEBOAT_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "incidents"


@pytest.fixture
def vault(tmp_path: Path) -> FolderVault:
    (tmp_path / "vault").mkdir()
    return FolderVault(folder=str(tmp_path / "vault"))


FENCED = (("intent", "fence primary"), ("outcome", "fence primary"))
PROMOTING = (*FENCED, ("intent", "promote standby"))


def test_the_last_word_about_a_step_counts(tmp_path: Path) -> None:
    lines = write(tmp_path / "j", CUT, *FENCED, ("intent", "swap DNS"), ("outcome", "swap DNS"))
    kept = Earlier(lines).done("swap DNS")
    assert kept == Outcome(state="kept", sentence="swap DNS: outcome", facts={"number": 4})
    for unsure in ("intent", "failure", "refused"):
        assert Earlier(write(tmp_path / "j", CUT, (unsure, "swap DNS"))).done("swap DNS") is None
        write(tmp_path / "j", CUT, ("outcome", "swap DNS"))
    assert Earlier().done("swap DNS") is None
    assert Earlier(lines).begun("swap DNS")
    assert not Earlier(lines).begun("promote standby")


def test_what_still_stood_says_what_was_done_and_not_how_often_it_was_looked_at(tmp_path: Path) -> None:
    lines = write(tmp_path / "j", CUT, *FENCED, ("found-done", "fence primary"), ("found-done", "fence primary"))
    kept = Earlier(lines).done("fence primary")
    assert kept is not None
    assert (kept.sentence, kept.facts["number"]) == ("fence primary: outcome", 4)


DRAINED = (("intent", "drain primary"), ("outcome", "drain primary"))


@pytest.mark.parametrize(
    ("steps", "holds", "verdict", "sentence"),
    [
        (DRAINED, True, "done", "Drained before, and nothing was written since. Shown."),
        (DRAINED, False, "go", "Whether writes are still stopped is not shown: they are stopped anew. Shown."),
        ((*DRAINED, ("intent", "lower fence")), True, "go", "It was lowered since: writes are stopped anew."),
        ((("intent", "lower fence"), *DRAINED), True, "done", "nothing was written since."),
        ((*DRAINED, ("intent", "promote standby")), False, "done", "Done before the standby was promoted: "),
    ],
)
def test_a_drain_stands_where_nothing_can_have_been_written(
    tmp_path: Path, steps: tuple[tuple[str, str], ...], holds: bool, verdict: str, sentence: str
) -> None:
    earlier = Earlier(write(tmp_path / "j", CUT, *steps))
    before = earlier.done("drain primary")
    assert before is not None
    decision = keeps_drained(earlier, before, holds, "Shown.")
    assert decision.verdict == verdict
    assert sentence in decision.sentence


def test_what_this_run_has_written_begins_where_it_opened_the_journal(tmp_path: Path) -> None:
    lines = write(tmp_path / "j", CUT, *FENCED, ("opened", "failover"), ("found-done", "fence primary"))
    assert [line.kind for line in of_this_run(lines)] == ["opened", "found-done"]
    assert of_this_run(()) == ()


@pytest.mark.parametrize(
    ("steps", "age", "verdict", "sentence"),
    [
        ((), 1, "done", "No earlier recovery was cut off."),
        (FENCED, 1, "go", f"Going on with {CUT}, which stopped after “fence primary”: fence primary: outcome"),
        (FENCED, 25, "done", "before anything was promoted: this is a new incident."),
        (PROMOTING, 25, "go", f"Going on with {CUT}, which stopped after “promote standby”"),
        ((*PROMOTING, ("closed", "failover")), 1, "done", f"The last recovery, {CUT}, is over."),
        ((*FENCED, ("mark", "abandoned")), 1, "done", "is over."),
    ],
)
def test_which_incident_is_gone_on_with(
    tmp_path: Path, steps: tuple[tuple[str, str], ...], age: int, verdict: str, sentence: str
) -> None:
    lines = write(tmp_path / "cut", CUT, *steps)
    rehearsal = write(tmp_path / "dry", OLD, *FENCED, dry_run=True)
    decision = decide_resume([rehearsal, lines, ()], datetime.now(UTC) + timedelta(hours=age))
    assert decision.verdict == verdict
    assert sentence in decision.sentence


def test_the_newest_incident_is_the_one(tmp_path: Path) -> None:
    old = write(tmp_path / "old", OLD, *FENCED)
    done = write(tmp_path / "new", CUT, *FENCED, ("closed", "failover"))
    assert decide_resume([done, old], datetime.now(UTC)).verdict == "done"
    assert is_over(done)
    assert not is_over(old)
    failed = done[-1].model_copy(update={"data": {"state": "failed"}})
    withdrawn = done[-1].model_copy(update={"data": {"state": "withdrawn"}})
    assert [is_over((*done[:-1], last)) for last in (failed, withdrawn)] == [False, True]


def test_nothing_is_abandoned_or_done_anew_once_the_standby_was_promoted(tmp_path: Path) -> None:
    before = Earlier(write(tmp_path / "j", CUT, *FENCED))
    after = Earlier(write(tmp_path / "j", CUT, ("intent", "promote standby")))
    assert (may_abandon(before).verdict, may_abandon(after).verdict) == ("go", "refuse")
    restored = Outcome(sentence="Restored.")
    assert (keeps_promoted(before, restored).verdict, keeps_promoted(after, restored).verdict) == ("go", "done")
    assert keeps_promoted(after, restored).sentence == "Done before the standby was promoted: Restored."


def test_a_site_that_was_taken_out_is_put_back_and_not_abandoned(tmp_path: Path) -> None:
    lines = write(tmp_path / "j", CUT, ("intent", "take site out"))
    decision = may_abandon(Earlier(lines))
    assert decision.verdict == "refuse"
    assert "the others serve its users" in decision.sentence and "lifeboat run failback" in decision.remedy
    assert decide_resume([lines], datetime.now(UTC)).facts["incident"] == CUT


def test_an_incident_is_found_here_or_in_the_vault(home: Path, vault: FolderVault) -> None:
    assert decide_incident(vault, "failover", "shop", UNFINISHED).why == ""
    with pytest.raises(Refused, match="There is no failover of shop to go on with"):
        decide_incident(vault, "failover", "shop", UNFINISHED, goes_on=True)
    write(home / OLD / "journal.jsonl", OLD, *FENCED, ("closed", "failover"))
    write(home / CUT / "journal.jsonl", CUT, *FENCED)
    vault.put(mirror_key("shop", CUT), (home / CUT / "journal.jsonl").read_bytes())
    write(home / CUT / "journal.jsonl", CUT, ("intent", "promote standby"))
    here = decide_incident(vault, "failover", "shop", UNFINISHED)
    assert here.incident == CUT
    assert "promote standby" in here.why
    (home / CUT / "journal.jsonl").unlink()
    elsewhere = decide_incident(vault, "failover", "shop", UNFINISHED)
    assert "fence primary" in elsewhere.why
    assert not (home / CUT / "journal.jsonl").exists(), "looking changes nothing"
    assert len(bring_journal(vault, "shop", elsewhere)) == 3
    assert len(tuple(read_journal(home / CUT / "journal.jsonl"))) == 3
    assert decide_incident(vault, "failover", "shop", NEW).incident not in (OLD, CUT)
    assert decide_incident(vault, "failover", "shop", UNFINISHED, dry_run=True).incident not in (OLD, CUT)
    rehearsed = decide_incident(vault, "failover", "shop", CUT, dry_run=True, goes_on=True)
    assert rehearsed.incident != CUT
    assert len(rehearsed.earlier) == 3


def test_a_torn_line_never_counted(home: Path, vault: FolderVault) -> None:
    write(home / CUT / "journal.jsonl", CUT, *FENCED)
    with (home / CUT / "journal.jsonl").open("ab") as file:
        file.write(b'{"number": 3, "at"')
    assert decide_incident(vault, "failover", "shop", UNFINISHED).incident == CUT
    assert len(bring_journal(vault, "shop", Which(CUT))) == 3
    assert len(Journal(home / CUT / "journal.jsonl").lines) == 3


def test_two_different_stories_are_no_journal(home: Path, vault: FolderVault) -> None:
    write(home / CUT / "journal.jsonl", CUT, *FENCED)
    write(home / "other", CUT, *FENCED, ("outcome", "swap DNS"))
    vault.put(mirror_key("shop", CUT), (home / "other").read_bytes())
    with pytest.raises(NotProved, match="tell different stories"):
        bring_journal(vault, "shop", Which(CUT))
    with pytest.raises(Missing, match="There is no journal of shop-failover-x"):
        bring_journal(vault, "shop", Which("shop-failover-x"))


def test_an_incident_that_is_over_is_not_gone_on_with(home: Path, vault: FolderVault) -> None:
    write(home / CUT / "journal.jsonl", CUT, *FENCED, ("closed", "failover"))
    with pytest.raises(Refused, match="is over"):
        bring_journal(vault, "shop", Which(CUT))


def test_whoever_was_taken_over_writes_no_more(tmp_path: Path, vault: FolderVault) -> None:
    zombie = Journal(tmp_path / "j")
    mirror = JournalMirror(vault, "journals/shop/i.jsonl", zombie)
    zombie.write("opened", "failover", "begun")
    heir = Journal(tmp_path / "j")
    heir.write("opened", "failover", "gone on with")
    with pytest.raises(Refused, match="Another run has written to the journal"):
        zombie.write("outcome", "swap DNS", "late")
    assert [line.sentence for line in read_journal(tmp_path / "j")] == ["begun", "gone on with"]
    assert mirror.close(10) is False or vault.get("journals/shop/i.jsonl").data == (tmp_path / "j").read_bytes()


def test_the_vaults_copy_is_not_overwritten_by_another_story(tmp_path: Path, vault: FolderVault) -> None:
    first, second = Journal(tmp_path / "1"), Journal(tmp_path / "2")
    heir = JournalMirror(vault, "journals/shop/i.jsonl", first)
    first.write("opened", "failover", "gone on with")
    assert heir.close(10)
    late = JournalMirror(vault, "journals/shop/i.jsonl", second)
    second.write("opened", "failover", "late")
    assert not late.close(10)
    assert "Another run writes this journal" in str(late.trouble)
    assert vault.get("journals/shop/i.jsonl").data == (tmp_path / "1").read_bytes()


def test_a_dead_process_is_known_by_its_number_and_its_start() -> None:
    me = this_process()
    assert me is not None
    assert me.pid == os.getpid()
    assert not is_dead(me)
    assert is_dead(me.model_copy(update={"started": me.started - 1})), "the number was used again"
    assert not is_dead(me.model_copy(update={"machine": "elsewhere", "pid": 2**22 + 1}))
    assert not is_dead(None)
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    assert is_dead(Process(machine=me.machine, pid=int(gone.stdout), started=me.started))
