"""Zones: the contract on Route 53 (moto), what moto does not enforce, and questions to real DNS servers."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from aws_fixtures import KEYS, client, moto_url
from botocore.stub import Stubber
from dns_fixtures import dns_server
from pydantic import ValidationError
from zone_contract import NAME, PRIMARY, STANDBY, RotationContract

from blocks.zones.questions import ask_all
from blocks.zones.route53 import Route53Zone
from recovery.errors import Conflict, RecoveryError, Refused, Unreachable

__all__ = ["moto_url"]

pytestmark = pytest.mark.slow

_callers = count()
AWAY = "127.0.0.1:9"  # nobody listens at the discard port


def record_set(kind: str = "A", value: str = "127.0.0.10", **fields: Any) -> dict[str, Any]:
    return {"Name": NAME, "Type": kind, "TTL": 5, "ResourceRecords": [{"Value": value}], **fields}


def create(url: str, *records: dict[str, Any]) -> str:
    """A hosted zone of its own; returns its identifier."""
    route53 = client("route53", url)
    made = route53.create_hosted_zone(Name="example.test", CallerReference=f"test-{next(_callers)}")
    zone_id = str(made["HostedZone"]["Id"]).rpartition("/")[2]
    changes = [{"Action": "CREATE", "ResourceRecordSet": each} for each in records]
    route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})
    return zone_id


def block(url: str, zone_id: str = "Z1", **fields: Any) -> Route53Zone:
    servers = {"authoritative": (AWAY,), "resolvers": (AWAY,)}
    return Route53Zone(zone_id=zone_id, region="us-east-1", endpoint_url=url, **KEYS, **servers | fields)


class TestRoute53Zone(RotationContract):
    @pytest.fixture
    def zone(self, moto_url: str) -> Iterator[Route53Zone]:
        bare = block(moto_url, create(moto_url, record_set()))

        def lookup(name: str) -> tuple[str, ...]:
            held = bare.read(name)
            return held.values if held else ()

        with dns_server(lookup) as own, dns_server(lookup, authoritative=False) as resolver:
            yield block(moto_url, bare.zone_id, authoritative=(own,), resolvers=(resolver,))

    @pytest.fixture
    def away(self) -> Route53Zone:
        quick = {"connect_timeout_seconds": 0.2, "tries": 1, "query_timeout_seconds": 0.1}
        return block("http://127.0.0.1:9", **quick)


@pytest.mark.parametrize(
    ("others", "word"),
    [
        ([record_set(), record_set("AAAA", "::1")], "AAAA"),
        ([record_set("CNAME", "elsewhere.example.test")], "CNAME"),
        ([record_set(SetIdentifier="a", Weight=1), record_set(SetIdentifier="b", Weight=9)], "weighted"),
    ],
)
def test_a_name_with_other_records_beside_is_refused(moto_url: str, others: list[dict[str, Any]], word: str) -> None:
    zone = block(moto_url, create(moto_url, *others))
    with pytest.raises(Refused, match=word):
        zone.read(NAME)
    with pytest.raises(Refused, match="plain A record"):
        zone.swap(PRIMARY, STANDBY)


def weighted(address: str, weight: int, **fields: Any) -> dict[str, Any]:
    return record_set(value=address, SetIdentifier=address, Weight=weight, **fields)


def test_weights_are_turned_and_all_else_of_a_record_stays(moto_url: str) -> None:
    check = {"HealthCheckId": "b9a1e4a0-0000-4000-8000-000000000001"}
    zone = block(moto_url, create(moto_url, weighted("127.0.0.10", 70, **check), weighted("127.0.0.20", 30)))
    shares = zone.shares(NAME)
    assert shares is not None
    assert (shares.weights, shares.ttl) == ({"127.0.0.10": 70, "127.0.0.20": 30}, 5)
    zone.turn(shares, shares.turned("127.0.0.10", 0))
    assert zone.turn(shares, shares.turned("127.0.0.10", 0)) == "unchanged"
    held = client("route53", moto_url).list_resource_record_sets(HostedZoneId=zone.zone_id)["ResourceRecordSets"]
    mine = {each["SetIdentifier"]: each for each in held if each["Type"] == "A"}
    assert (mine["127.0.0.10"]["Weight"], mine["127.0.0.20"]["Weight"]) == (0, 30)
    assert mine["127.0.0.10"]["HealthCheckId"] == check["HealthCheckId"]
    with pytest.raises(
        Conflict, match=r"no longer has 127.0.0.10 with 70, 127.0.0.20 with 30: it has 127.0.0.10 with 0"
    ):
        zone.turn(shares, shares.turned("127.0.0.20", 0))
    after = zone.shares(NAME)
    assert after is not None
    with pytest.raises(Refused, match=r"no weighted record for 127.0.0.30"):
        zone.turn(after, after.turned("127.0.0.30", 5))


@pytest.mark.parametrize(
    ("others", "word"),
    [
        ([record_set(), record_set("AAAA", "::1")], "AAAA"),
        ([record_set(SetIdentifier="a", Region="us-east-1"), weighted("127.0.0.20", 1)], "other rules than weights"),
        ([record_set(SetIdentifier="a", Weight=1), record_set(SetIdentifier="b", Weight=9)], "two records of one"),
    ],
)
def test_a_name_whose_shares_cannot_be_told_is_refused(moto_url: str, others: list[dict[str, Any]], word: str) -> None:
    with pytest.raises(Refused, match=word):
        block(moto_url, create(moto_url, *others)).shares(NAME)


def test_the_shares_are_compared_by_route53_itself() -> None:
    zone = block("http://127.0.0.1:9")
    held = [weighted(address, 9, Name=f"{NAME}.") for address in ("127.0.0.10", "127.0.0.20")]
    changes = [
        {"Action": "DELETE", "ResourceRecordSet": held[0]},
        {"Action": "CREATE", "ResourceRecordSet": {**held[0], "Weight": 0}},
    ]
    batch = {"Comment": "Lifeboat: rotation", "Changes": changes}
    with Stubber(zone.aws("route53")) as stub:
        for _ in range(2):
            stub.add_response("list_resource_record_sets", answer(*held))
        stub.add_client_error(
            "change_resource_record_sets",
            "InvalidChangeBatch",
            expected_params={"HostedZoneId": "Z1", "ChangeBatch": batch},
        )
        shares = zone.shares(NAME)
        assert shares is not None
        with pytest.raises(Conflict, match="at this very moment"):
            zone.turn(shares, shares.turned("127.0.0.10", 0))


def test_a_zone_that_does_not_exist(moto_url: str) -> None:
    with pytest.raises(Unreachable, match="NoSuchHostedZone"):
        block(moto_url, "ZNONE").read(NAME)


def answer(*records: dict[str, Any]) -> dict[str, Any]:
    return {"ResourceRecordSets": list(records), "IsTruncated": False, "MaxItems": "100"}


def test_the_comparison_is_made_by_route53_itself() -> None:
    """moto takes a DELETE of another value than it holds; Route 53 refuses the whole batch (so its documentation)."""
    zone = block("http://127.0.0.1:9")
    batch = {
        "Comment": "Lifeboat: swap to the standby",
        "Changes": [
            {"Action": "DELETE", "ResourceRecordSet": record_set(Name=f"{NAME}.")},
            {"Action": "CREATE", "ResourceRecordSet": record_set(value="127.0.0.20", Name=f"{NAME}.")},
        ],
    }
    with Stubber(zone.aws("route53")) as stub:
        stub.add_response("list_resource_record_sets", answer(record_set(Name=f"{NAME}.")))
        stub.add_client_error(
            "change_resource_record_sets",
            "InvalidChangeBatch",
            expected_params={"HostedZoneId": "Z1", "ChangeBatch": batch},
        )
        with pytest.raises(Conflict, match="at this very moment"):
            zone.swap(PRIMARY, STANDBY)


def test_a_swap_that_got_lost_says_that_nobody_knows() -> None:
    zone = block("http://127.0.0.1:9")
    with Stubber(zone.aws("route53")) as stub:
        stub.add_response("list_resource_record_sets", answer(record_set(Name=f"{NAME}.")))
        stub.add_client_error("change_resource_record_sets", "ServiceUnavailable")
        with pytest.raises(Unreachable, match=r"Whether shop.example.test was changed is not known"):
            zone.swap(PRIMARY, STANDBY)


def test_keys_that_aws_refuses_are_no_matter_of_trying_again() -> None:
    zone = block("http://127.0.0.1:9")
    with Stubber(zone.aws("route53")) as stub:
        stub.add_client_error("list_resource_record_sets", "InvalidClientTokenId")
        with pytest.raises(RecoveryError, match="Check the block's keys") as caught:
            zone.read(NAME)
    assert not isinstance(caught.value, Unreachable)


def test_a_long_answer_comes_over_tcp() -> None:
    many = tuple(f"127.0.1.{number}" for number in range(1, 60))
    with dns_server(lambda name: many) as server:
        assert ask_all(NAME, (server,), (), 2) == {server: tuple(sorted(many))}


def test_an_answer_without_authority_does_not_count_for_a_name_server() -> None:
    with dns_server(lambda name: ("127.0.0.10",), authoritative=False) as server:
        assert ask_all(NAME, (server,), (), 2) == {server: ()}
        assert ask_all(NAME, (), (server,), 2) == {server: ("127.0.0.10",)}


def test_one_dead_server_does_not_hide_the_others() -> None:
    with dns_server(lambda name: ("127.0.0.10",)) as server:
        assert ask_all(NAME, (server, AWAY), (), 0.3) == {server: ("127.0.0.10",), AWAY: ()}


@pytest.mark.parametrize("server", ["8.8.8.8", ":53", "8.8.8.8:dns", "8.8.8.8:0", "8.8.8.8:70000"])
def test_servers_are_written_as_address_and_port(server: str) -> None:
    with pytest.raises(ValidationError, match="is not address:port"):
        block("http://127.0.0.1:9", resolvers=(server,))
