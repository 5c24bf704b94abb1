"""What Prometheus is told, and the alert rules and the dashboard that are made of it."""

import http.client
import json
import logging
import re
import shutil
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from server_fixtures import free_ports, wait_until

from blocks.chat.kind import Message
from blocks.chat.outbox import Outbox
from doors import metrics as metrics_door
from doors.logs import JsonLines
from doors.measuring import metrics
from doors.metrics import Measured, print_metrics, serve
from recovery.errors import Refused
from recovery.forecast import Forecast
from recovery.journal import Journal
from recovery.metrics import HELP, PastRun, Seen, past_run, samples_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FOLDER = Path(__file__).parent.parent / "deploy" / "monitoring"
FORECAST = Forecast(p50=60, p95=120, within=0.99, stuck=0, objective=900, path=(), helps=(), unmeasured=(), runs=10)


def run_at(minute: int, result: str = "completed", playbook: str = "backup") -> PastRun:
    began = NOON + timedelta(minutes=minute)
    return PastRun(playbook=playbook, result=result, began=began, ended=began + timedelta(seconds=7))


SHOP = Seen(
    application="shop",
    at=NOON,
    standing="green",
    proved_at=NOON - timedelta(minutes=20),
    backups=4,
    proved=3,
    rpo_seconds=3600,
    forecast=FORECAST,
    readiness="warning",
    readiness_at=NOON,
    runs=(run_at(0), run_at(5), run_at(3, "failed")),
)


def values(seen: Seen) -> dict[str, float]:
    found = {}
    for name, labels, value in samples_of(seen, NOON):
        rest = ",".join(f"{key}={each}" for key, each in labels.items() if key != "application")
        found[f"{name} {rest}".strip()] = value
    return found


def test_what_is_told_of_one_application() -> None:
    told = values(SHOP)
    assert told["lifeboat_rpo_now_seconds"] == 1200
    assert told["lifeboat_last_proved_backup_timestamp_seconds"] == NOON.timestamp() - 1200
    assert told["lifeboat_rto_forecast_seconds share=0.95"] == 120
    assert (told["lifeboat_standing state=green"], told["lifeboat_standing state=stale"]) == (1, 0)
    assert (told["lifeboat_readiness state=warning"], told["lifeboat_readiness state=ready"]) == (1, 0)
    assert told["lifeboat_known_runs playbook=backup,result=completed"] == 2
    assert told["lifeboat_known_runs playbook=backup,result=unfinished"] == 0
    newest = NOON + timedelta(minutes=5)
    assert told["lifeboat_last_run_timestamp_seconds playbook=backup,result=completed"] == newest.timestamp()
    assert told["lifeboat_last_run_duration_seconds playbook=backup,result=failed"] == 7
    assert {name.partition(" ")[0] for name in told} == HELP.keys() - {"lifeboat_undelivered_messages"}


def test_what_is_not_known_is_not_told() -> None:
    told = values(Seen(application="shop", at=NOON, standing="failed"))
    assert told["lifeboat_standing state=failed"] == 1
    assert {name.partition(" ")[0] for name in told} == {
        "lifeboat_read_timestamp_seconds",
        "lifeboat_standing",
        "lifeboat_backups",
        "lifeboat_proved_backups",
    }


@pytest.mark.parametrize(
    ("lines", "result"),
    [
        ([("opened", "backup", {}), ("closed", "backup", {"state": "completed"})], "completed"),
        ([("opened", "backup", {}), ("closed", "backup", {"state": "failed"})], "failed"),
        ([("opened", "backup", {}), ("intent", "take backup", {})], "unfinished"),
        ([("opened", "backup", {"dry_run": True}), ("closed", "backup", {"state": "completed"})], None),
        ([("mark", "started", {})], None),
        ([], None),
    ],
)
def test_a_run_by_its_journal(tmp_path: Path, lines: list[tuple[Any, str, dict[str, Any]]], result: str | None) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for kind, step, data in lines:
        journal.write(kind, step, "", **data)
    found = past_run(journal.lines)
    assert (found.result if found else None) == result


@pytest.fixture
def one_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFEBOAT_HOME", str(tmp_path))
    monkeypatch.setattr(metrics_door, "plan_names", lambda: ("shop", "torn"))

    async def read(plan: str, on_platform: bool, cache: object) -> Seen:
        if plan == "torn":
            raise ZeroDivisionError
        return SHOP

    monkeypatch.setattr(metrics_door, "read_metrics", read)


def test_the_text_is_what_prometheus_reads(one_plan: None, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Outbox(tmp_path / "outbox", "slack-chat/a").keep(Message(incident="1", kind="note", title="")).let_go()
    text = print_metrics(on_platform=False)
    assert 'lifeboat_backups{application="shop"} 4.0' in text
    assert 'lifeboat_undelivered_messages{chat="slack-chat/a"} 1.0' in text
    assert "torn could not be read: ZeroDivisionError" in caplog.text
    for name in HELP:
        assert f"# TYPE {name} gauge" in text
    if shutil.which("promtool"):
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=text, text=True, capture_output=True, timeout=60
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_was_read_before_stays_where_it_cannot_be_read_again(one_plan: None) -> None:
    measured = Measured(on_platform=False)
    measured.read()
    metrics_door.read_metrics = None  # type: ignore[assignment]
    measured.read()
    assert "lifeboat_backups" in {family.name for family in measured.collect()}


def test_it_is_served_until_it_is_told_to_stop(one_plan: None) -> None:
    stop, port = threading.Event(), free_ports(1)[0]
    thread = threading.Thread(target=serve, args=("127.0.0.1", port, 60.0, False, stop))
    thread.start()
    answers: list[str] = []

    def answered() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/metrics")
            answers.append(connection.getresponse().read().decode())
        except OSError:
            return False
        finally:
            connection.close()
        return True

    try:
        wait_until(answered, 60, "an answer")
    finally:
        stop.set()
        thread.join(60)
    assert 'lifeboat_proved_backups{application="shop"} 3.0' in answers[-1]
    assert not thread.is_alive()


@pytest.mark.parametrize("options", [{"listen": "nowhere"}, {"listen": ":9464"}, {"every": "often"}])
def test_bad_options_are_said_before_anything_is_read(options: dict[str, str]) -> None:
    with pytest.raises(Refused):
        metrics(**options)


def names_in(text: str) -> set[str]:
    return set(re.findall(r"lifeboat_[a-z_]+", text))


def test_rules_and_dashboard_name_only_what_there_is() -> None:
    board = json.loads((FOLDER / "grafana-dashboard.json").read_text())
    expressions = " ".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
    rules = (FOLDER / "lifeboat.rules.yaml").read_text()
    assert names_in(expressions) | names_in(rules) <= HELP.keys()
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool, of the Debian package prometheus")
@pytest.mark.parametrize(
    "words",
    [("check", "config", "prometheus.yaml"), ("test", "rules", "lifeboat.rules.test.yaml")],
    ids=lambda each: each[0],
)
def test_prometheus_takes_the_rules_and_they_fire_when_they_should(words: tuple[str, ...]) -> None:
    ended = subprocess.run(["promtool", *words], cwd=FOLDER, text=True, capture_output=True, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_log_line_is_one_json_object() -> None:
    try:
        raise ValueError("bad")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("lifeboat.monitor", logging.WARNING, __file__, 1, "It is %s\nnow", ("gone",), info)
    line = JsonLines().format(record)
    assert "\n" not in line
    fields = json.loads(line)
    assert (fields["level"], fields["message"]) == ("warning", "It is gone\nnow")
    assert "ValueError: bad" in fields["error"]
