"""The doors: what the command line asks for, what it says where it must not go on, and what the monitor does."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from plan_fixtures import SHOP

from blocks.registry import block_types, read_blocks
from demo.ports import free_port
from doors.incidents import application_of, playbook_of
from doors.run import _deployed_name
from doors.surroundings import demand_server
from doors.wanted import Wanted
from recovery.errors import Missing, RecoveryError, Unreachable
from recovery.plan_file import read_plan
from recovery.plan_references import references

LIFEBOAT = Path(sys.executable).parent / "lifeboat"


def lifeboat(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {"PATH": "/usr/bin:/bin", "PREFECT_API_URL": "http://127.0.0.1:9/api", **environment}
    return subprocess.run([LIFEBOAT, *words], env=settings, capture_output=True, text=True, timeout=60, check=False)


def test_what_is_asked_for_becomes_parameters() -> None:
    asked = Wanted(playbook="failover", plan="shop", dry_run=True, backup="b-1")
    assert asked.parameters() == {
        "plan": "shop",
        "backup": "b-1",
        "mode": "dry run",
        "break_glass": "",
        "even_if_primary_answers": False,
        "initiator": "",
        "graceful": False,
    }
    assert Wanted(playbook="failover", plan="shop").parameters()["mode"] == "for real"
    assert Wanted(playbook="backup", plan="shop").parameters() == {"plan": "shop"}
    assert Wanted(playbook="failover", plan="shop", incident="i-1").parameters()["incident"] == "i-1"
    ransom = Wanted(playbook="ransomware", plan="shop", infected_since=datetime(2026, 11, 22, 4), initiator="ada")
    assert ransom.parameters() == {
        "plan": "shop",
        "mode": "for real",
        "break_glass": "",
        "initiator": "ada",
        "infected_since": datetime(2026, 11, 22, 4),
        "harmless": "",
    }
    released = Wanted(playbook="release-hold", plan="shop", held="i-1", by="ada", reason="all is well")
    assert released.parameters() == {
        "plan": "shop",
        "mode": "for real",
        "held": "i-1",
        "by": "ada",
        "reason": "all is well",
    }
    given_up = Wanted(playbook="abandon", plan="shop", incident="i-1", dry_run=True)
    assert given_up.parameters() == {"plan": "shop", "incident": "i-1", "mode": "dry run"}


@pytest.mark.parametrize("playbook", ["failover", "failback", "ransomware"])
def test_an_incident_names_its_playbook_and_its_application(playbook: str) -> None:
    incident = f"web-shop-{playbook}-20260101T020304Z-0f3c"
    assert (playbook_of(incident), application_of(incident)) == (playbook, "web-shop")


def test_plans_by_name_and_by_file(tmp_path: Path) -> None:
    assert _deployed_name("shop") == _deployed_name(str(SHOP)) == "shop"
    with pytest.raises(Missing, match="not in"):
        _deployed_name(str(tmp_path / "other.yaml"))


def test_a_dead_server_is_said_at_once_and_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port('127.0.0.1')}/api")
    with pytest.raises(Unreachable, match="--break-glass"):
        demand_server()
    monkeypatch.delenv("PREFECT_API_URL")
    with pytest.raises(Unreachable, match="No Prefect server is configured"):
        demand_server()


def test_an_invalid_plan_stops_everything_before_anything_is_touched(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(SHOP.read_text().replace("rpo: 1h", "rpo: 1 hour"))
    checked, ran = lifeboat("plan", "check", str(bad)), lifeboat("run", "failover", str(bad))
    assert (checked.returncode, ran.returncode) == (2, 1)
    assert f"{bad}:" in checked.stdout
    assert "is not a duration" in ran.stderr
    assert "Nothing was changed" in ran.stderr


def test_every_block_of_the_example_plan_has_a_type() -> None:
    known = block_types()
    assert {reference.partition("/")[0] for reference in references(read_plan(SHOP))} <= set(known)
    assert all(kind._description and kind.__doc__ for kind in known.values())


def test_a_blocks_file_with_faults_names_them_all_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    path = tmp_path / "blocks.yaml"
    path.write_text(
        "files/a: {folder: /tmp/a}\nnonsense/b: {}\nfiles/c: {fldr: /tmp/c}\n"
        "slack-chat/d: {token: '${NOT_SET}', channel: x}\ns3-vault/e: {secret_access_key: hunter22}\n"
    )
    with pytest.raises(RecoveryError) as caught:
        read_blocks(path)
    said = str(caught.value)
    faults = ("nonsense/b", "files/c", "there is no field fldr", "NOT_SET", "s3-vault/e: bucket")
    assert [fault for fault in faults if fault not in said] == []
    assert "hunter22" not in said
