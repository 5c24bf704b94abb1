"""The demo's health checks: which failover record they let through, asked of a real web server."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from demo.dns_health import HealthChecks, in_force

PLAIN = {"Name": "www.", "Type": "A"}
PRIMARY = {"Name": "web.", "Type": "A", "Failover": "PRIMARY", "HealthCheckId": "p"}
SECONDARY = {"Name": "web.", "Type": "A", "Failover": "SECONDARY"}
CHECKED = SECONDARY | {"HealthCheckId": "s"}


@pytest.mark.parametrize(
    ("held", "healthy", "expected"),
    [
        ([SECONDARY, PLAIN, PRIMARY], "p", [PLAIN, PRIMARY]),
        ([PRIMARY, SECONDARY], "", [SECONDARY]),
        ([PRIMARY, CHECKED], "s", [CHECKED]),
        ([PRIMARY, CHECKED], "", [PRIMARY]),
        ([SECONDARY], "", [SECONDARY]),
        ([PRIMARY, {**SECONDARY, "Name": "other."}], "", [PRIMARY, {**SECONDARY, "Name": "other."}]),
    ],
    ids=["well", "ill", "secondary well", "both ill", "half a pair", "two halves"],
)
def test_one_record_of_a_pair_is_handed_out(held: list[Any], healthy: str, expected: list[Any]) -> None:
    assert list(in_force(held, lambda identifier: identifier in healthy)) == expected


class Described:
    """Route 53, as far as it describes one health check."""

    def __init__(self, **config: Any) -> None:
        self.config = {"Type": "HTTP", "IPAddress": "127.0.0.1", "FailureThreshold": 1, "ResourcePath": "/up", **config}

    def get_health_check(self, HealthCheckId: str) -> dict[str, Any]:
        return {"HealthCheck": {"HealthCheckConfig": self.config}}


class Site(ThreadingHTTPServer):
    """Answers with the status it is told to, and keeps the hosts it was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.hosts = 200, list[str]()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        site = self.server
        assert isinstance(site, Site)
        site.hosts.append(str(self.headers["Host"]))
        self.send_response(site.status if self.path == "/up" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    server = Site()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("status", "well"), [(200, True), (301, True), (403, False), (404, False), (503, False)])
def test_the_endpoint_is_asked_and_an_inverted_check_turns_it_round(site: Site, status: int, well: bool) -> None:
    site.status = status
    port = site.server_address[1]
    assert HealthChecks(Described(Port=port)).healthy("c") is well
    assert HealthChecks(Described(Port=port, Inverted=True)).healthy("c") is not well


def test_a_check_changes_its_mind_after_so_many_answers_in_a_row(site: Site) -> None:
    checks = HealthChecks(Described(Port=site.server_address[1], FailureThreshold=2))
    said = []
    for site.status in (200, 500, 200, 500, 500, 200, 200):
        said.append(checks.healthy("c"))
    assert said == [True, True, True, True, False, False, True]


def test_nobody_there_is_not_well() -> None:
    assert HealthChecks(Described(Port=9)).healthy("c") is False


def test_names_of_aws_lead_to_the_emulated_aws(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.status = 200
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{site.server_address[1]}")
    name = "web.s3.eu-west-1.amazonaws.com"
    described = Described(Type="HTTPS", Port=443, FullyQualifiedDomainName=name, IPAddress="192.0.2.1")
    assert HealthChecks(described).healthy("c") is True
    assert site.hosts[-1] == name
