"""Swapping the origin of a CloudFront distribution: the contract of zones on moto, and what moto does not enforce.

moto takes any ETag, knows no edges that lag behind and ends every invalidation at once: those are shown on recorded
answers. Not shown: how long AWS takes.
"""

import functools
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from aws_fixtures import KEYS, moto_url
from botocore.stub import ANY, Stubber
from pydantic import ValidationError
from zone_contract import NAME, PRIMARY, STANDBY, ZoneContract

from blocks.zones.cloudfront import CloudFrontOrigin
from blocks.zones.cloudfront_distribution import retarget, sites
from blocks.zones.kind import Record, Zone
from recovery.errors import Conflict, RecoveryError, Unreachable

__all__ = ["moto_url"]
pytestmark = pytest.mark.slow
_callers = count()
ORIGINS = {"primary": "127.0.0.10", "standby": "127.0.0.20"}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def origin(name: str) -> dict[str, Any]:
    custom = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    return {"Id": name, "DomainName": f"{name}.example.test", "CustomOriginConfig": custom}


def behaviour(target: str, **fields: Any) -> dict[str, Any]:
    policy = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    return {"TargetOriginId": target, "ViewerProtocolPolicy": "https-only", "CachePolicyId": policy, **fields}


def config(default: str = "primary", uploads: str = "primary") -> dict[str, Any]:
    others = [behaviour(uploads, PathPattern="/uploads/*"), behaviour("pages", PathPattern="/pages/*")]
    return {
        "CallerReference": f"test-{next(_callers)}",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 3, "Items": [origin(name) for name in ("primary", "standby", "pages")]},
        "DefaultCacheBehavior": behaviour(default),
        "CacheBehaviors": {"Quantity": 2, "Items": others},
    }


def block(url: str = "http://127.0.0.1:9", distribution: str = "E1", **fields: Any) -> CloudFrontOrigin:
    quick = {"ttl": 5, "poll_seconds": 0.01, "deploy_seconds": 30, **KEYS}
    return CloudFrontOrigin(
        distribution_id=distribution, name=NAME, origins=ORIGINS, endpoint_url=url, **quick | fields
    )


@functools.cache
def shared(url: str) -> CloudFrontOrigin:
    """Its client is used by all that ask the same place: making one takes a third of a second."""
    return block(url)


def like(zone: CloudFrontOrigin, **fields: Any) -> CloudFrontOrigin:
    made = block(str(zone.endpoint_url), **fields)
    made._clients[("cloudfront", "us-east-1")] = zone.aws("cloudfront")
    return made


def stubbed(**fields: Any) -> CloudFrontOrigin:
    return like(shared("http://127.0.0.1:9"), **fields)


class TestCloudFrontOrigin(ZoneContract):
    @pytest.fixture
    def zone(self, moto_url: str) -> CloudFrontOrigin:
        made = shared(moto_url).aws("cloudfront").create_distribution(DistributionConfig=config())
        zone = like(shared(moto_url), distribution=made["Distribution"]["Id"])
        zone._finish("primary")  # as moto makes it, no edge has it yet
        return zone

    @pytest.fixture
    def away(self) -> CloudFrontOrigin:
        return block(connect_timeout_seconds=0.2, tries=1)

    def changed_by_others(self, zone: Zone) -> Record:
        assert isinstance(zone, CloudFrontOrigin)
        distribution, etag = zone._distribution.read()
        zone._distribution.update(retarget(distribution["DistributionConfig"], {"primary"}, "pages"), etag)
        return Record(name=NAME, values=("pages",), ttl=5)

    def test_every_behaviour_of_the_application_goes_along_and_is_forgotten_once(self, zone: CloudFrontOrigin) -> None:
        cloudfront = zone.aws("cloudfront")
        before = len(cloudfront.list_invalidations(DistributionId=zone.distribution_id)["InvalidationList"]["Items"])
        made = zone.swap(PRIMARY, STANDBY)
        assert zone.swap(PRIMARY, STANDBY) == "unchanged"
        found = cloudfront.list_invalidations(DistributionId=zone.distribution_id)["InvalidationList"]["Items"]
        assert len(found) == before + 1 and made in {each["Id"] for each in found}
        held = zone._distribution.read()[0]["DistributionConfig"]
        assert [each["TargetOriginId"] for each in held["CacheBehaviors"]["Items"]] == ["standby", "pages"]
        assert zone.unfinished(NAME) == ""

    def test_an_address_that_no_origin_has_is_left_alone(self, zone: CloudFrontOrigin) -> None:
        with pytest.raises(Conflict, match=r"the block's origins are 127.0.0.10, 127.0.0.20"):
            zone.swap(PRIMARY, PRIMARY.model_copy(update={"values": ("127.0.0.99",)}))
        assert zone.read(NAME) == PRIMARY


def distribution(target: str, status: str = "Deployed", changed: datetime = NOON) -> dict[str, Any]:
    found = {
        "Id": "E1",
        "ARN": "arn:aws:cloudfront::1:distribution/E1",
        "Status": status,
        "LastModifiedTime": changed,
        "InProgressInvalidationBatches": 0,
        "DomainName": "d1.cloudfront.net",
        "ActiveTrustedSigners": {"Enabled": False, "Quantity": 0},
        "ActiveTrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        "DistributionConfig": config(target, target),
    }
    return {"Distribution": found, "ETag": "E-read"}


def invalidations(status: str = "Completed", made: datetime = NOON) -> dict[str, Any]:
    items = [{"Id": "I1", "CreateTime": made, "Status": status}]
    return {"InvalidationList": {"Marker": "", "MaxItems": 100, "IsTruncated": False, "Quantity": 1, "Items": items}}


def made(status: str) -> dict[str, Any]:
    paths = {"Quantity": 1, "Items": ["/*"]}
    batch = {"Paths": paths, "CallerReference": "lifeboat-1"}
    return {"Invalidation": {"Id": "I1", "Status": status, "CreateTime": NOON, "InvalidationBatch": batch}}


def test_the_edges_get_it_before_they_forget_and_both_are_waited_for() -> None:
    zone = stubbed()
    everything = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": ANY}
    with Stubber(zone.aws("cloudfront")) as stub:
        stub.add_response("get_distribution", distribution("primary"))
        expected = {"Id": "E1", "IfMatch": "E-read", "DistributionConfig": ANY}
        stub.add_response("update_distribution", distribution("standby", "InProgress"), expected)
        for status in ("InProgress", "InProgress", "Deployed"):
            stub.add_response("get_distribution", distribution("standby", status))
        invalidation = {"DistributionId": "E1", "InvalidationBatch": everything}
        stub.add_response("create_invalidation", made("InProgress"), invalidation)
        stub.add_response("list_invalidations", invalidations("InProgress"))
        stub.add_response("list_invalidations", invalidations())
        assert zone.swap(PRIMARY, STANDBY) == "I1"
        stub.assert_no_pending_responses()


def test_the_comparison_is_made_by_cloudfront_itself() -> None:
    zone = stubbed()
    with Stubber(zone.aws("cloudfront")) as stub:
        stub.add_response("get_distribution", distribution("primary"))
        stub.add_client_error("update_distribution", "PreconditionFailed")
        with pytest.raises(Conflict, match="changed at this very moment"):
            zone.swap(PRIMARY, STANDBY)


def test_a_change_that_got_lost_says_that_nobody_knows() -> None:
    zone = stubbed()
    with Stubber(zone.aws("cloudfront")) as stub:
        stub.add_response("get_distribution", distribution("primary"))
        stub.add_client_error("update_distribution", "ServiceUnavailable")
        with pytest.raises(Unreachable, match="Whether the origin of E1 was changed is not known"):
            zone.swap(PRIMARY, STANDBY)


def test_edges_that_lag_for_too_long_are_said_and_what_to_do() -> None:
    zone = stubbed(deploy_seconds=0.001, poll_seconds=0.01)
    with Stubber(zone.aws("cloudfront")) as stub:
        stub.add_response("get_distribution", distribution("primary"))
        stub.add_response("update_distribution", distribution("standby", "InProgress"))
        for _ in range(2):
            stub.add_response("get_distribution", distribution("standby", "InProgress"))
        with pytest.raises(RecoveryError, match=r"Not every edge of E1 uses standby after 0.001 s.*goes on where it"):
            zone.swap(PRIMARY, STANDBY)


LATER = NOON + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("status", "changed", "held", "said"),
    [
        ("InProgress", NOON, None, "not every edge of E1 has its newest configuration"),
        ("Deployed", LATER, invalidations(), "the edges of E1 may still hold what another origin said"),
        ("Deployed", NOON, invalidations("InProgress"), "the edges of E1 may still hold what another origin said"),
        ("Deployed", NOON, invalidations(), ""),
    ],
)
def test_a_swap_that_was_cut_off_is_seen(
    status: str, changed: datetime, held: dict[str, Any] | None, said: str
) -> None:
    zone = stubbed()
    with Stubber(zone.aws("cloudfront")) as stub:
        stub.add_response("get_distribution", distribution("standby", status, changed))
        if held:
            stub.add_response("list_invalidations", held)
        assert zone.unfinished(NAME) == said
    assert zone.unfinished("other.test") == ""


def test_a_swap_that_was_cut_off_is_finished() -> None:
    zone = stubbed()
    with Stubber(zone.aws("cloudfront")) as stub:
        for _ in range(2):  # what holds, then whether it is finished
            stub.add_response("get_distribution", distribution("standby", changed=LATER))
        stub.add_response("list_invalidations", invalidations())
        stub.add_response("get_distribution", distribution("standby", changed=LATER))
        stub.add_response("create_invalidation", made("Completed"))
        stub.add_response("list_invalidations", invalidations(made=LATER))
        assert zone.swap(STANDBY, STANDBY) == "I1"
        stub.assert_no_pending_responses()


def test_it_does_not_answer_before_edges_and_caches_are_through_nor_ask_too_often() -> None:
    zone = stubbed(poll_seconds=60)
    edges, caches = "the edges of E1", "the caches of E1"
    with Stubber(zone.aws("cloudfront")) as stub:
        stub.add_response("get_distribution", distribution("standby"))
        stub.add_response("list_invalidations", invalidations("InProgress"))
        assert zone.answers(NAME) == {edges: STANDBY.values, caches: ()}
        assert zone.answers(NAME) == {edges: STANDBY.values, caches: ()}


@pytest.mark.parametrize("origins", [{"primary": "127.0.0.10"}, {"primary": "127.0.0.10", "standby": "a.b"}])
def test_origins_are_two_and_have_addresses(origins: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        CloudFrontOrigin(distribution_id="E1", name=NAME, origins=origins)


def test_behaviours_that_differ_show_both_sites_and_an_unknown_default_its_name() -> None:
    assert sites(config("primary", "standby"), ORIGINS) == ("127.0.0.10", "127.0.0.20")
    assert sites(config("pages", "pages"), ORIGINS) == ("pages",)
