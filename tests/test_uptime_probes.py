"""The ways to ask whether an application lives: each keeps one contract, on real servers."""

import http.server
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from dns_fixtures import dns_server
from plan_fixtures import SHOP
from server_fixtures import Cluster, primary

from blocks.sources.postgresql import PostgresSource
from blocks.zones.kind import Record, Zone
from blocks.zones.questions import ask_all
from recovery.errors import Missing, Unreachable
from recovery.plan import Plan
from recovery.plan_file import read_plan
from recovery.plan_probes import UptimeProbe
from tasks.requests import ProbeResult
from tasks.uptime import postgresql as postgresql_question
from tasks.uptime import tcp as tcp_question
from tasks.uptime.dns import DnsQuestion
from tasks.uptime.http import HttpQuestion
from tasks.uptime.kind import UptimeQuestion
from tasks.uptime.postgresql import PostgresQuestion
from tasks.uptime.tcp import TcpQuestion
from tasks.uptime.watch import UptimeWatch

__all__ = ["primary"]
HERE, STANDBY, NAME = "127.0.0.1", "127.0.0.20", "shop.example.test"
Ask = Callable[[UptimeQuestion], ProbeResult]


def plan_of(*probes: dict[str, Any], port: int = 80) -> Plan:
    plan = read_plan(SHOP, {"SHOP_PORT": str(port), "SHOP_PRIMARY_ADDRESS": HERE})
    asked = tuple(UptimeProbe.model_validate(each) for each in probes)
    return plan.model_copy(update={"monitor": plan.monitor.model_copy(update={"probes": asked})})


class OneServer(Zone):
    """Asks one server, or is away."""

    server: str = ""

    def read(self, name: str) -> Record | None:
        return None

    def swap(self, expected: Record, target: Record) -> str:
        raise AssertionError("a probe changes nothing")

    def answers(self, name: str) -> dict[str, tuple[str, ...]]:
        if not self.server:
            raise Unreachable("The zone is away.")
        return ask_all(name, (), (self.server,), 0.5)


@contextmanager
def web(status: int = 200, text: str = "well") -> Iterator[int]:
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer((HERE, 0), Answers) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@contextmanager
def silent() -> Iterator[int]:
    """Takes connections, and never says anything."""
    with socket.create_server((HERE, 0)) as server:
        yield server.getsockname()[1]


def closed() -> int:
    with socket.create_server((HERE, 0)) as server:
        return int(server.getsockname()[1])


def database(port: int, **fields: Any) -> PostgresSource:
    words = {"database": "postgres", "user": "postgres", "password": Cluster.password, "sslmode": "disable"}
    return PostgresSource(**{"host": HERE, "port": port, **words, **fields})


@pytest.fixture
def ask() -> Ask:
    def asked(question: UptimeQuestion) -> ProbeResult:
        result = question.ask(HERE)
        assert result.sentence
        assert Cluster.password not in result.sentence
        return result

    return asked


def test_http_is_answered_as_the_plan_expects(ask: Ask) -> None:
    with web() as port:
        assert ask(HttpQuestion(plan_of(port=port), UptimeProbe(kind="http"))).ok
        for fields in ({"expect_text": "well"}, {"port": port}, {"path": "/other"}):
            assert ask(HttpQuestion(plan_of(port=port), UptimeProbe(kind="http", **fields))).ok
        assert not ask(HttpQuestion(plan_of(port=port), UptimeProbe(kind="http", expect_text="sick"))).ok
    with web(503) as port:
        result = ask(HttpQuestion(plan_of(port=port), UptimeProbe(kind="http")))
        assert not result.ok and "503" in result.sentence
        assert ask(HttpQuestion(plan_of(port=port), UptimeProbe(kind="http", expect_status=503))).ok
    assert not ask(HttpQuestion(plan_of(port=closed()), UptimeProbe(kind="http"))).ok


def test_tcp_is_a_connection_that_is_taken(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with silent() as port:
        assert ask(TcpQuestion(port)).ok
    result = ask(TcpQuestion(closed()))
    assert not result.ok and "ConnectionRefusedError" in result.sentence

    def slow(*_: Any, timeout: float) -> None:
        raise TimeoutError(f"after {timeout}")

    monkeypatch.setattr(tcp_question.socket, "create_connection", slow)
    assert "TimeoutError" in ask(TcpQuestion(1)).sentence


@pytest.mark.slow
def test_postgresql_answers_select_1(ask: Ask, primary: Cluster) -> None:
    assert ask(PostgresQuestion(database(primary.port), None, STANDBY)).ok
    wrong = ask(PostgresQuestion(database(primary.port, password="another"), None, STANDBY))
    assert not wrong.ok and "another" not in wrong.sentence.replace("another server", "")


@pytest.mark.slow
def test_a_database_that_is_gone_or_says_nothing(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not ask(PostgresQuestion(database(closed()), None, STANDBY)).ok
    monkeypatch.setattr(postgresql_question, "TIMEOUT", 1.0)
    with silent() as port:
        assert not ask(PostgresQuestion(database(port), None, STANDBY)).ok


def test_after_a_failover_the_standbys_database_is_asked() -> None:
    first, second = closed(), closed()
    question = PostgresQuestion(database(first), database(second), STANDBY)
    assert f":{first}/" in question.ask(HERE).sentence
    assert f":{second}/" in question.ask(STANDBY).sentence
    assert f":{first}/" in PostgresQuestion(database(first), None, STANDBY).ask(STANDBY).sentence


@pytest.mark.parametrize(
    ("values", "ok", "words"),
    [
        ((HERE,), True, "every server hands out a site"),
        ((STANDBY,), True, "every server"),
        ((), False, "does not know shop.example.test"),
        (("203.0.113.9",), False, "hands out 203.0.113.9 for shop.example.test, which is no site of the plan"),
    ],
)
def test_dns_hands_out_a_site(ask: Ask, values: tuple[str, ...], ok: bool, words: str) -> None:
    with dns_server(lambda name: values) as server:
        result = ask(DnsQuestion(plan_of(), OneServer(server=server)))
    assert (result.ok, words in result.sentence) == (ok, True)


def test_dns_that_is_away_is_not_well(ask: Ask) -> None:
    assert "The zone is away" in ask(DnsQuestion(plan_of(), OneServer())).sentence


def test_all_of_a_plans_probes_must_be_answered() -> None:
    with dns_server(lambda name: (HERE,)) as server, web() as port, silent() as other:
        zone = OneServer(server=server)
        well = plan_of({"kind": "http"}, {"kind": "tcp", "port": other}, {"kind": "dns"}, port=port)
        assert UptimeWatch(well, zone, {}).ask().ok
        ill = plan_of({"kind": "http"}, {"kind": "tcp", "port": closed()}, port=port)
        result = UptimeWatch(ill, zone, {}).ask()
        assert not result.ok and result.sentence.startswith("tcp:")
        assert UptimeWatch(plan_of(port=port), zone, {}).ask().ok
        assert not UptimeWatch(well, OneServer(), {}).ask().ok
    with dns_server(lambda name: ()) as server:
        assert "No server knows" in UptimeWatch(well, OneServer(server=server), {}).ask().sentence


def test_a_probe_of_a_block_that_is_no_database_is_said_at_the_start() -> None:
    plan = plan_of({"kind": "postgresql", "block": "files/uploads"})
    with pytest.raises(Missing, match="files/uploads is not a PostgreSQL block"):
        UptimeWatch(plan, OneServer(), {})
