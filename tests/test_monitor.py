"""The uptime monitor: one failover an outage, and only where the plan's rules let one start by itself."""

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from plan_fixtures import SHOP
from pydantic import PrivateAttr
from server_fixtures import wait_until

from blocks.chat.courier import Courier
from blocks.chat.kind import Chat, Message
from blocks.vaults.folder import FolderVault
from blocks.zones.kind import Record, Zone
from doors import monitor as monitor_door
from doors.monitor import Monitor
from doors.records import Records
from recovery.errors import Unreachable
from recovery.failover import Alert
from recovery.journal import Journal
from recovery.model import now
from recovery.plan_automatic import Automatic
from recovery.plan_file import read_plan
from recovery.plan_notifications import EscalationStep
from recovery.rotation import Shares
from recovery.vantage import Observation
from tasks.beat import Heartbeat, resource_of_monitor


class Answers(http.server.BaseHTTPRequestHandler):
    status: ClassVar[int] = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class OneAddress(Zone):
    """A zone that knows one address."""

    def read(self, name: str) -> Record | None:
        return Record(name=name, values=("127.0.0.1",), ttl=1)

    def swap(self, expected: Record, target: Record) -> str:
        raise AssertionError("the monitor swaps nothing")

    def shares(self, name: str) -> Shares | None:
        return Shares(name=name, weights={"127.0.0.1": 1}, ttl=1)

    def turn(self, expected: Shares, target: Shares) -> str:
        raise AssertionError("the monitor takes no site out")

    def answers(self, name: str) -> dict[str, tuple[str, ...]]:
        return {"resolver": ("127.0.0.1",)}


@pytest.fixture
def site() -> Iterator[int]:
    Answers.status = 200
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


class Stage:
    """A monitor whose application answers or not, and what it started.

    Args:
        folder: for the vault that vantage points share.
        automatic: the plan's rules.
    """

    def __init__(self, folder: Path, automatic: dict[str, Any] | None = None) -> None:
        plan = read_plan(SHOP, {"SHOP_PORT": str(Stage.port)})
        rules = Automatic.model_validate(automatic or {})
        every = plan.monitor.model_copy(update={"every": timedelta(milliseconds=10)})
        self.plan = plan.model_copy(update={"automatic": rules, "monitor": every})
        (folder / "vault").mkdir(exist_ok=True)
        self.vault = FolderVault(folder=str(folder / "vault"))
        self.records = Records(self.vault, "shop")

    port: ClassVar[int] = 0

    def monitor(self, vantage_point: str = "here") -> Monitor:
        return Monitor(self.plan, OneAddress(), self.records, vantage_point)


@pytest.fixture(autouse=True)
def home(site: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFEBOAT_HOME", str(tmp_path / "home"))
    Stage.port = site


class Started:
    """Takes alerts in the place of the Prefect server. `away` of the first find none."""

    def __init__(self, away: int = 0) -> None:
        self.alerts: list[Alert] = []
        self.away, self.taken = away, threading.Event()

    def __call__(self, application: str, alert: Alert) -> str:
        self.alerts.append(alert)
        if len(self.alerts) <= self.away:
            raise RuntimeError("the server is away")
        self.taken.set()
        return "run-1"


class Watch:
    """Monitors that watch for the length of a `with` block."""

    def __init__(self, *monitors: Monitor) -> None:
        self._stop = threading.Event()
        self._monitors = monitors
        self._threads = [threading.Thread(target=each.watch, args=(self._stop,)) for each in monitors]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()
        # One that never answered is no outage: so each must have seen it well first.
        wait_until(lambda: all(each._uptime.last_healthy for each in self._monitors), 60, "the first answer")

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


def begin(monkeypatch: pytest.MonkeyPatch, away: int = 0) -> Started:
    started = Started(away)
    monkeypatch.setattr(monitor_door, "start_failover", started)
    return started


def quiet(event: threading.Event, seconds: float = 0.3) -> bool:
    return not event.wait(seconds)


def test_one_failover_an_outage_and_again_if_nobody_took_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = begin(monkeypatch, away=1)
    with Watch(Stage(tmp_path).monitor()):
        assert quiet(started.taken)  # it answers, so nothing is started
        Answers.status = 503
        assert started.taken.wait(60)
        assert quiet(threading.Event())
    assert len(started.alerts) == 2
    assert started.alerts[0] == started.alerts[1]
    assert "503" in started.alerts[0].sentence
    assert json.loads(started.alerts[0].model_dump_json())["last_seen_healthy"]


def test_one_that_is_cut_off_alone_moves_nothing_until_another_agrees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    started = begin(monkeypatch)
    stage = Stage(tmp_path, {"vantage_points": ["berlin", "dublin", "oslo"], "quorum": 2})
    for name in ("dublin", "oslo"):
        stage.records.observe(Observation(vantage_point=name, health="well", sentence="", at=now()))
    with Watch(stage.monitor("berlin")):
        assert quiet(started.taken)
        Answers.status = 503
        wait_for(caplog, "call it well, so the 2 that must call it dead cannot be found")
        stage.records.observe(Observation(vantage_point="oslo", health="dead", sentence="", at=now()))
        assert started.taken.wait(60)
    assert len(started.alerts) == 1
    told = {each.vantage_point: each.health for each in stage.records.observations(["berlin", "oslo", "nobody"])}
    assert told == {"berlin": "dead", "oslo": "dead"}


def test_two_monitors_tell_each_other_through_the_vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = begin(monkeypatch)
    stage = Stage(tmp_path, {"vantage_points": ["berlin", "dublin"], "quorum": 2})
    with Watch(stage.monitor("berlin"), stage.monitor("dublin")):
        assert quiet(started.taken)
        Answers.status = 503
        assert started.taken.wait(60)


def failed_over(folder: Path, incident: str) -> bytes:
    journal = Journal(folder / incident / "journal.jsonl")
    journal.write("opened", "failover", "", incident=incident, application="shop", dry_run=False)
    journal.write("mark", "detected", "", source="uptime monitor")
    journal.write("outcome", "declare incident", "")
    return journal.path.read_bytes()


@pytest.mark.parametrize("where", ["vault", "this machine", "vault, torn"])
def test_after_a_failover_none_starts_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    started, stage, incident = begin(monkeypatch), Stage(tmp_path), "shop-failover-20260101T000000Z-beef"
    if where == "this machine":
        failed_over(tmp_path / "home" / "incidents", incident)
    else:
        journal = failed_over(tmp_path / "elsewhere", incident)
        stage.vault.put(f"journals/shop/{incident}.jsonl", journal[:-40] if "torn" in where else journal)
    assert [each.incident for each in stage.records.past(timedelta(days=1))] == [incident]
    assert stage.records.past(timedelta(seconds=-60)) == []
    with Watch(stage.monitor()):
        assert quiet(started.taken)
        Answers.status = 503
        wait_for(caplog, f"No failover is started. {incident} ended at")
        assert quiet(started.taken)
    assert caplog.text.count("ALERT") == 1  # said once, tried with every probe
    assert started.alerts == []


def test_without_its_history_none_starts_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    started, stage = begin(monkeypatch), Stage(tmp_path)

    def gone(_within: timedelta) -> Any:
        raise Unreachable("The vault is gone.")

    monkeypatch.setattr(stage.records, "past", gone)
    with Watch(stage.monitor()):
        assert quiet(started.taken)
        Answers.status = 503
        wait_for(caplog, "What went before cannot be known: The vault is gone.")
    assert started.alerts == []


def wait_for(caplog: pytest.LogCaptureFixture, words: str) -> None:
    pause = threading.Event()
    for _ in range(400):
        if words in caplog.text:
            return
        pause.wait(0.05)
    raise AssertionError(f"nobody said {words!r}: {caplog.text}")


class Recorder(Chat):
    """Keeps what it is told."""

    _block_type_slug = "monitor-recorder-chat"
    _got: list[Message] = PrivateAttr(default_factory=list)
    _heard: Any = PrivateAttr(default_factory=threading.Event)
    _wanted: str = PrivateAttr(default="")

    def post(self, message: Message) -> None:
        self._got.append(message)
        if message.kind == self._wanted:
            self._heard.set()


def told_of(stage: Stage, team: Recorder, manager: Recorder, **changes: Any) -> Monitor:
    step = EscalationStep(after=timedelta(milliseconds=50), tell=("pagerduty-events/managers",))
    rules = stage.plan.monitor.model_copy(update=changes)
    stage.plan = stage.plan.model_copy(update={"escalation": (step,), "monitor": rules})
    courier = Courier({"slack-chat/operations": team, "pagerduty-events/managers": manager})
    return Monitor(stage.plan, OneAddress(), stage.records, courier=courier)


def test_people_are_told_of_an_outage_more_of_them_while_nobody_acts_and_all_when_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, team, manager = begin(monkeypatch), Recorder(), Recorder()
    manager._wanted = "started"
    with Watch(told_of(Stage(tmp_path), team, manager, starts_failover=False)):
        assert quiet(team._heard)
        Answers.status = 503
        assert manager._heard.wait(60)
        for chat in (team, manager):
            chat._wanted, chat._heard = "finished", threading.Event()
        Answers.status = 200
        assert team._heard.wait(60) and manager._heard.wait(60)
    assert started.alerts == []
    assert [each.kind for each in team._got] == ["started", "finished"]
    assert [each.kind for each in manager._got] == ["started", "finished"]
    assert "The plan leaves it to people." in team._got[0].lines[1]
    assert "Nobody has answered for " in manager._got[0].lines[0]
    assert len({each.incident for each in (*team._got, *manager._got)}) == 1


def test_an_outage_whose_failover_starts_is_not_escalated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started, team, manager = begin(monkeypatch), Recorder(), Recorder()
    team._wanted = "finished"
    with Watch(told_of(Stage(tmp_path), team, manager)):
        assert quiet(team._heard)
        Answers.status = 503
        assert started.taken.wait(60)
        assert quiet(threading.Event())
        Answers.status = 200
        assert team._heard.wait(60)
    assert [each.kind for each in team._got] == ["started", "finished"]
    assert "Its failover was started: flow run run-1." in team._got[0].lines[1]
    assert manager._got == []


def test_when_the_server_is_there_again_people_hear_that_the_failover_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(monkeypatch, away=1)
    team = Recorder()
    team._wanted = "answered"
    with Watch(told_of(Stage(tmp_path), team, Recorder())):
        assert quiet(team._heard)
        Answers.status = 503
        assert team._heard.wait(60)
    assert "Its failover could not be started: RuntimeError." in team._got[0].lines[1]


def test_the_heart_beats_often_enough_and_no_more_whatever_prefect_does(monkeypatch: pytest.MonkeyPatch) -> None:
    beats: list[dict[str, Any]] = []

    def emit(event: str, **fields: Any) -> None:
        beats.append({"event": event, **fields})
        raise RuntimeError("the server is away")

    monkeypatch.setattr("tasks.beat.emit_event", emit)
    heart = Heartbeat(resource_of_monitor("shop", "berlin"), timedelta(minutes=2))
    for _ in range(3):
        heart.beat(health="dead")
    (beat,) = beats
    assert beat["event"] == "lifeboat.monitor.heartbeat"
    assert beat["resource"] == {"prefect.resource.id": "lifeboat.monitor.shop.berlin"}
