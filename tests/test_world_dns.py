"""The demo's DNS: what a name server and a caching resolver have to get right."""

from collections.abc import Iterator

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest
from dnslib import RR

from demo.dns import serve
from demo.dns_nameserver import Nameserver, Zone, _read_set
from demo.dns_resolver import CachingResolver
from demo.ports import free_port
from demo.waiting import wait_until

SOA = "{'Value': 'ns1.example.com. hostmaster.example.com. 1 7200 900 1209600 1'}"


class Mirror:
    """Zones as Route 53 would hold them, without Route 53."""

    def __init__(self) -> None:
        self.zones: list[Zone] = []
        self.point_to("127.0.0.10")

    def point_to(self, address: str) -> None:
        records: dict[tuple[str, str], list[RR]] = {}
        for name, kind, ttl, value in (
            ("example.test.", "SOA", 1, SOA),
            ("shop.example.test.", "A", 1, address),
            ("shop.example.test.", "TXT", 5, '"the \\"shop\\""'),
            ("www.example.test.", "CNAME", 3, "shop.example.test."),
            ("deep.below.example.test.", "A", 3, "127.0.0.1"),
        ):
            one = {"Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": value}]}
            records[name, kind] = _read_set(name, one)
        self.zones = [Zone("example.test.", records)]


@pytest.fixture(scope="module")
def mirror() -> Mirror:
    return Mirror()


@pytest.fixture(scope="module")
def nameserver(mirror: Mirror) -> Iterator[int]:
    port = free_port("127.0.0.53")
    servers = serve(Nameserver(mirror), "127.0.0.53", port)  # type: ignore[arg-type]
    yield port
    for server in servers:
        server.stop()


def ask(port: int, name: str, kind: str = "A", address: str = "127.0.0.53", tcp: bool = False) -> dns.message.Message:
    question = dns.message.make_query(name, kind)
    return (dns.query.tcp if tcp else dns.query.udp)(question, address, port=port, timeout=2)


@pytest.mark.parametrize("tcp", [False, True])
def test_answers_with_authority(nameserver: int, tcp: bool) -> None:
    reply = ask(nameserver, "SHOP.example.test", tcp=tcp)
    assert reply.flags & dns.flags.AA
    assert [str(record).lower() for record in reply.answer] == ["shop.example.test. 1 in a 127.0.0.10"]


def test_an_alias_is_followed(nameserver: int) -> None:
    reply = ask(nameserver, "www.example.test")
    assert [dns.rdatatype.to_text(one.rdtype) for one in reply.answer] == ["CNAME", "A"]


@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [
        ("shop.example.test", "AAAA", dns.rcode.NOERROR),
        ("below.example.test", "A", dns.rcode.NOERROR),
        ("nothing.example.test", "A", dns.rcode.NXDOMAIN),
    ],
)
def test_no_such_type_and_no_such_name_differ(nameserver: int, name: str, kind: str, rcode: int) -> None:
    reply = ask(nameserver, name, kind)
    assert reply.rcode() == rcode
    assert not reply.answer
    assert [one.rdtype for one in reply.authority] == [dns.rdatatype.SOA], "resolvers need it to cache the answer"


def test_other_zones_are_refused(nameserver: int) -> None:
    reply = ask(nameserver, "example.org")
    assert reply.rcode() == dns.rcode.REFUSED
    assert not reply.flags & dns.flags.AA


@pytest.mark.slow
def test_a_resolver_keeps_an_answer_for_its_ttl_and_no_longer(nameserver: int, mirror: Mirror) -> None:
    port = free_port("127.0.0.54")
    servers = serve(CachingResolver("127.0.0.53", nameserver), "127.0.0.54", port)

    def address() -> str:
        return str(ask(port, "shop.example.test", address="127.0.0.54").answer[0][0])

    try:
        assert address() == "127.0.0.10"
        mirror.point_to("127.0.0.20")
        assert address() == "127.0.0.10"
        took = wait_until(lambda: address() == "127.0.0.20", "the new address", seconds=3)
        assert 0.5 < took < 1.5
    finally:
        mirror.point_to("127.0.0.10")
        for server in servers:
            server.stop()


@pytest.mark.slow
def test_a_resolver_without_a_name_server_fails_and_remembers_no_failure(mirror: Mirror) -> None:
    port, upstream = free_port("127.0.0.54"), free_port("127.0.0.53")
    servers = serve(CachingResolver("127.0.0.53", upstream), "127.0.0.54", port)
    try:
        assert ask(port, "shop.example.test", address="127.0.0.54").rcode() == dns.rcode.SERVFAIL
        servers += serve(Nameserver(mirror), "127.0.0.53", upstream)  # type: ignore[arg-type]
        assert ask(port, "shop.example.test", address="127.0.0.54").rcode() == dns.rcode.NOERROR
    finally:
        for server in servers:
            server.stop()
