"""The switch: swapped by one object in the standby's region, which Route 53's health check reads.

On moto the calls, the bucket's policy and the conditions of S3 are enforced. Its health checks always succeed, so the
demo's name server makes them itself, over HTTP and with nobody's keys. Not shown: AWS's own checkers.
"""

import json
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3
import pytest
from aws_fixtures import KEYS, client, moto_url
from pydantic import ValidationError
from zone_contract import NAME, PRIMARY, STANDBY, ZoneContract

from blocks.zones.kind import Record
from blocks.zones.route53_pair import Pair, faults_of, unreadable
from blocks.zones.route53_switch import Route53Switch
from demo.dns import serve
from demo.dns_nameserver import Nameserver, ZoneMirror
from demo.dns_resolver import CachingResolver
from demo.ports import free_port
from demo.waiting import wait_until
from recovery.errors import Conflict, Refused

__all__ = ["moto_url"]
BUCKET, REGION = "web-switch", "eu-west-1"
HOST = f"{BUCKET}.s3.{REGION}.amazonaws.com"
# The primary has two addresses; the plan knows it by the first.
PAIR = Pair(name=NAME, primary=("127.0.0.10", "127.0.0.11"), standby=("127.0.0.20",), ttl=5)
CONFIG: dict[str, Any] = {
    "Type": "HTTPS",
    "FullyQualifiedDomainName": HOST,
    "Port": 443,
    "ResourcePath": f"/{NAME}",
    "Inverted": True,
    "RequestInterval": 10,
    "FailureThreshold": 1,
}


def failover(role: str, values: tuple[str, ...], check: str | None = None, ttl: int = 5) -> dict[str, Any]:
    record = {
        "Name": f"{NAME}.",
        "Type": "A",
        "TTL": ttl,
        "SetIdentifier": role.lower(),
        "Failover": role,
        "ResourceRecords": [{"Value": value} for value in values],
    }
    return record | ({"HealthCheckId": check} if check else {})


def block(url: str, **fields: Any) -> Route53Switch:
    servers = {"authoritative": ("127.0.0.1:9",), "resolvers": ("127.0.0.1:9",)}
    common = {"bucket": BUCKET, "region": REGION, "names": (PAIR,), "zone_id": "Z1", "endpoint_url": url, **KEYS}
    return Route53Switch(**common | servers | fields)


def build(url: str) -> str:
    """Bucket, health check, zone and records, as infra/terraform/web/entrance makes them. Returns the zone."""
    s3, route53 = client("s3", url, REGION), client("route53", url)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    readable = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [readable]}))
    s3.put_object(Bucket=BUCKET, Key="readable", Body=b"readable")
    check = route53.create_health_check(CallerReference="web", HealthCheckConfig=CONFIG)["HealthCheck"]["Id"]
    zone = route53.create_hosted_zone(Name="example.test", CallerReference="web")["HostedZone"]["Id"]
    records = [failover("PRIMARY", PAIR.primary, check), failover("SECONDARY", PAIR.standby)]
    changes = [{"Action": "CREATE", "ResourceRecordSet": each} for each in records]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return str(zone).rpartition("/")[2]


class World(NamedTuple):
    """The zone that Terraform would have made, and a name server that follows its health check."""

    url: str
    zone_id: str
    nameserver: int


@pytest.fixture(scope="module")
def world(moto_url: str) -> Iterator[World]:
    zone_id, stop = build(moto_url), threading.Event()
    settings = {"ENDPOINT_URL": moto_url, "DEFAULT_REGION": REGION, "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(f"AWS_{name}", value)
        mirror = ZoneMirror()
        following = threading.Thread(target=mirror.follow, args=(stop,))
        following.start()
        port = free_port("127.0.0.53")
        servers = serve(Nameserver(mirror), "127.0.0.53", port)
        try:
            yield World(moto_url, zone_id, port)
        finally:
            stop.set()
            following.join()
            for server in servers:
                server.stop()


@pytest.fixture
def zone(world: World) -> Iterator[Route53Switch]:
    """The switch, not swapped, and a resolver that caches."""
    port, own = free_port("127.0.0.54"), f"127.0.0.53:{world.nameserver}"
    servers = serve(CachingResolver("127.0.0.53", world.nameserver), "127.0.0.54", port)
    places = {"authoritative": (own,), "resolvers": (f"127.0.0.54:{port}",)}
    made = block(world.url, zone_id=world.zone_id, query_timeout_seconds=5, **places)
    made.aws("s3").delete_object(Bucket=BUCKET, Key=PAIR.key)
    nobody = made.model_copy(update={"resolvers": (own,)})  # so that the resolver has cached nothing yet
    wait_until(lambda: set(nobody.answers(NAME).values()) == {PRIMARY.values}, "the name server", seconds=60)
    yield made
    for server in servers:
        server.stop()


@pytest.mark.slow
class TestRoute53Switch(ZoneContract):
    @pytest.fixture
    def zone(self, zone: Route53Switch) -> Route53Switch:
        return zone

    @pytest.fixture
    def away(self) -> Route53Switch:
        return block("http://127.0.0.1:9", connect_timeout_seconds=0.2, tries=1, query_timeout_seconds=0.1)

    def test_a_record_that_somebody_changed_is_left_alone(self, zone: Route53Switch) -> None:  # type: ignore[override]
        """There is nothing but one and the other: a plan that expects a third is told so."""
        theirs = Record(name=NAME, values=("127.0.0.99",), ttl=5)
        with pytest.raises(Conflict, match=r"127.0.0.99 .*it is switched to 127.0.0.10"):
            zone.swap(theirs, STANDBY)
        with pytest.raises(Refused, match=r"cannot point at 127.0.0.99.*addresses of the failover records"):
            zone.swap(PRIMARY, theirs)
        assert zone.read(NAME) == PRIMARY

    def test_it_swaps_back(self, zone: Route53Switch) -> None:
        zone.swap(PRIMARY, STANDBY)
        assert zone.swap(STANDBY, PRIMARY).startswith("removed s3://web-switch/shop.example.test")
        assert zone.read(NAME) == PRIMARY
        own = zone.authoritative[0]
        wait_until(lambda: zone.answers(NAME)[own] == PRIMARY.values, "the primary again", seconds=30)

    def test_a_swap_calls_s3_of_the_standby_and_nothing_else(
        self, zone: Route53Switch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        zone = block(str(zone.endpoint_url), authoritative=zone.authoritative, resolvers=zone.resolvers)
        called: list[tuple[str, str]] = []
        made = boto3.session.Session.client

        def counted(self: Any, service: str, **options: Any) -> Any:
            found = made(self, service, **options)
            note = lambda **_: called.append((service, found.meta.region_name))  # noqa: E731
            found.meta.events.register("before-send", note)
            return found

        monkeypatch.setattr(boto3.session.Session, "client", counted)
        zone.swap(PRIMARY, STANDBY)
        zone.answers(NAME)
        zone.swap(STANDBY, PRIMARY)
        assert called == [("s3", REGION)] * 4, "reading and putting, then reading and removing"

    def test_two_who_swap_at_once(self, zone: Route53Switch, monkeypatch: pytest.MonkeyPatch) -> None:
        s3 = zone.aws("s3")
        read = type(zone)._held

        def beaten(self: Route53Switch, pair: Pair) -> str | None:
            held = read(self, pair)
            if held is None:
                s3.put_object(Bucket=BUCKET, Key=pair.key, Body=b"theirs")
            else:
                s3.put_object(Bucket=BUCKET, Key=pair.key, Body=b"theirs again")
            return held

        with monkeypatch.context() as others:
            others.setattr(type(zone), "_held", beaten)
            for expected, target in ((PRIMARY, STANDBY), (STANDBY, PRIMARY)):
                with pytest.raises(Conflict, match="switched at this very moment"):
                    zone.swap(expected, target)
        assert zone.read(NAME) == STANDBY

    def test_calm_times_tell_what_would_go_wrong(self, zone: Route53Switch) -> None:
        assert zone.faults(NAME) == ()
        assert zone.faults("other.test") == ("the block has no name other.test",)
        route53 = zone.aws("route53")
        (check,) = route53.list_health_checks()["HealthChecks"]
        route53.update_health_check(HealthCheckId=check["Id"], ResourcePath="/elsewhere")
        (fault,) = zone.faults(NAME)
        assert fault == f"the health check of {NAME} asks {HOST}/elsewhere, not the switch {HOST}/{NAME}"
        route53.update_health_check(HealthCheckId=check["Id"], ResourcePath=f"/{NAME}")
        policy = zone.aws("s3").get_bucket_policy(Bucket=BUCKET)["Policy"]
        zone.aws("s3").delete_bucket_policy(Bucket=BUCKET)
        (fault,) = zone.faults(NAME)
        assert f"/{BUCKET}/readable cannot be read without keys (403), so neither can the checkers" in fault
        zone.aws("s3").put_bucket_policy(Bucket=BUCKET, Policy=policy)
        assert zone.faults(NAME) == ()


RECORDS = (failover("PRIMARY", PAIR.primary, "c"), failover("SECONDARY", PAIR.standby))


@pytest.mark.parametrize(
    ("held", "config", "said"),
    [
        ((failover("PRIMARY", PAIR.primary, "c"),), {}, "has not exactly one primary and one secondary"),
        ((*RECORDS, {"Name": f"{NAME}.", "Type": "AAAA", "TTL": 5}), {}, "has not exactly one primary"),
        ((failover("PRIMARY", PAIR.primary), RECORDS[1]), {}, "follows no health check, so that nothing would swap"),
        (
            (failover("PRIMARY", ("127.0.0.9",), "c"), RECORDS[1]),
            {},
            "primary record of shop.example.test holds 127.0.0",
        ),
        ((RECORDS[0], failover("SECONDARY", PAIR.standby, ttl=60)), {}, "has TTL 60, and the block says 5"),
        ((RECORDS[0], failover("SECONDARY", PAIR.standby, "c")), {}, "so that a swap may lead nowhere"),
        (RECORDS, {"Inverted": False}, "is not inverted, so that it says the standby while nothing is swapped"),
        (RECORDS, {"ResourcePath": "/x"}, "asks web-switch.s3.eu-west-1.amazonaws.com/x, not the switch"),
        (RECORDS, {"Disabled": True}, "is disabled, so that it never changes its mind"),
    ],
)
def test_each_fault_of_a_pair(held: tuple[dict[str, Any], ...], config: dict[str, Any], said: str) -> None:
    checks = {"c": {"HealthCheckConfig": CONFIG | config}}
    (fault,) = faults_of(PAIR, held, checks, HOST)  # type: ignore[arg-type]
    assert said in fault


def test_a_pair_as_it_should_be_has_no_faults() -> None:
    assert faults_of(PAIR, RECORDS, {"c": {"HealthCheckConfig": CONFIG}}, HOST) == ()  # type: ignore


def test_a_site_is_known_by_its_first_address() -> None:
    assert PAIR.known_as(("127.0.0.11", "127.0.0.10")) == ("127.0.0.10",)
    assert PAIR.known_as(("127.0.0.11",)) == ("127.0.0.11",), "a part of a site is not the site"
    assert PAIR.known_as(()) == ()


def test_a_bucket_that_does_not_answer_is_a_fault_too() -> None:
    (fault,) = unreadable("http://127.0.0.1:9/web", 1)
    assert fault.startswith("http://127.0.0.1:9/web/readable cannot be read without keys (ConnectError)")


@pytest.mark.parametrize("field", [{"primary": ()}, {"standby": ("::1",)}, {"ttl": 0}, {"name": "web"}])
def test_what_no_pair_can_be(field: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Pair(**PAIR.model_dump() | field)
