"""Fences: the contract on a security group (moto) that a real port follows, killed in between too."""

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aws_fixtures import KEYS, client, moto_url
from botocore.exceptions import ClientError
from fence_contract import FenceContract
from pydantic import ValidationError
from site_fixtures import Site

from blocks.fences.endpoints import attempt
from blocks.fences.ingress import identity, permission, plain_rule
from blocks.fences.record import LARGEST
from blocks.fences.security_group import SecurityGroupFence
from recovery.errors import Conflict, Missing, RecoveryError, Refused

__all__ = ["moto_url"]

pytestmark = pytest.mark.slow

ALL = [{"CidrIp": "0.0.0.0/0", "Description": "the shop's customers"}]


class Primary:
    """A security group in moto, and a site whose real port follows it."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.ec2, self.stuck = url, client("ec2", url), False
        self.group = str(self.ec2.create_security_group(GroupName=name, Description="test")["GroupId"])
        own = [{"GroupId": self.group, "Description": "among themselves"}]
        self.allow({"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "IpRanges": ALL})
        self.allow({"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": own})
        self.allow({"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]})
        self.site = Site(lambda: self.stuck or bool(self.rules()))

    def allow(self, rule: dict[str, Any]) -> None:
        self.ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=[rule])

    def rules(self) -> list[str]:
        """The ingress rules in full."""
        found = self.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [self.group]}])
        rules = [plain_rule(each) for each in found["SecurityGroupRules"] if not each["IsEgress"]]
        return sorted(json.dumps(each, sort_keys=True) for each in rules)

    def record(self) -> str | None:
        ssm = client("ssm", self.url, "eu-west-1")
        found = ssm.get_parameters(Names=[f"/lifeboat/fences/{self.group}"])["Parameters"]
        return found[0]["Value"] if found else None

    def fence(self, **fields: Any) -> SecurityGroupFence:
        ends = (f"http://127.0.0.1:{self.site.port}/orders", f"tcp://127.0.0.1:{self.site.port}")
        usual: dict[str, Any] = {
            "group_id": self.group,
            "endpoints": ends,
            "settle_seconds": 3,
            "record_region": "eu-west-1",
        }
        return SecurityGroupFence(region="us-east-1", endpoint_url=self.url, **KEYS, **usual | fields)


@pytest.fixture
def primary(moto_url: str, request: pytest.FixtureRequest) -> Iterator[Primary]:
    made = Primary(moto_url, request.node.name[:200])
    yield made
    made.site.close()


class TestSecurityGroupFence(FenceContract):
    @pytest.fixture
    def fence(self, primary: Primary) -> SecurityGroupFence:
        return primary.fence()

    @pytest.fixture
    def rules(self, primary: Primary) -> Callable[[], Any]:
        return primary.rules

    @pytest.fixture
    def undo_behind(self, primary: Primary) -> Callable[[], None]:
        return lambda: primary.allow({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ALL})

    @pytest.fixture
    def keep_open(self, primary: Primary, fence: SecurityGroupFence) -> Callable[[], None]:
        def act() -> None:
            primary.stuck = True

        return act

    @pytest.fixture
    def away(self) -> SecurityGroupFence:
        return SecurityGroupFence(
            group_id="sg-1",
            region="us-east-1",
            endpoint_url="http://127.0.0.1:9",
            endpoints=("tcp://127.0.0.1:9",),
            connect_timeout_seconds=0.2,
            tries=1,
            **KEYS,
        )


def test_the_evidence_says_what_was_tried(primary: Primary) -> None:
    fence = primary.fence()
    open_proof = fence.prove()
    assert f"{primary.group} still has 3 ingress rules" in open_proof.evidence[0]
    assert "was answered with status 201" in open_proof.evidence[1]
    assert "still takes connections" in open_proof.evidence[2]
    assert primary.site.writes >= 1
    fence.raise_fence()
    shut_proof = fence.prove()
    assert shut_proof.evidence[0] == f"AWS lists no ingress rule in {primary.group}"
    assert "was refused" in shut_proof.evidence[1] and "was refused" in shut_proof.evidence[2]
    assert shut_proof.method == f"security group {primary.group}"


def test_a_dead_primary_behind_an_open_group_is_not_fenced(primary: Primary) -> None:
    """It refuses connections by being dead, and takes writes when it comes back."""
    primary.site.close()
    proof = primary.fence().prove()
    assert not proof.proved
    assert "was refused" in proof.evidence[1]


@pytest.mark.parametrize("call", ["put_parameter", "revoke_security_group_ingress"])
def test_killed_in_between_it_takes_up_where_it_was(
    primary: Primary, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    before = primary.rules()
    dying = primary.fence()
    service, region = ("ssm", "eu-west-1") if call == "put_parameter" else ("ec2", None)

    def die(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dying.aws(service, region), call, die)
    with pytest.raises(KeyboardInterrupt):
        dying.raise_fence()
    assert primary.rules() == before
    after = primary.fence()  # another machine
    after.raise_fence()
    assert after.prove().proved
    primary.fence().lower()
    assert primary.rules() == before
    assert primary.record() is None


def test_two_applications_behind_one_group_are_fenced_at_the_same_time(
    primary: Primary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one's fence takes the rules between our reading and our revoking."""
    before, fence, other = primary.rules(), primary.fence(), primary.fence()
    revoke = fence.aws("ec2").revoke_security_group_ingress
    late: list[str] = []

    def beaten(**asked: Any) -> Any:
        other.raise_fence()
        late.extend(asked["SecurityGroupRuleIds"])
        return revoke(**asked)

    monkeypatch.setattr(fence.aws("ec2"), "revoke_security_group_ingress", beaten)
    fence.raise_fence()
    assert len(late) == 3
    assert fence.prove().proved
    other.lower()
    assert primary.rules() == before


def test_somebody_who_changes_the_group_again_and_again_is_no_reason_to_go_on_for_ever(
    primary: Primary, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence = primary.fence()

    def gone(**_: Any) -> None:
        error = {"Error": {"Code": "InvalidSecurityGroupRuleId.NotFound"}}
        raise ClientError(error, "RevokeSecurityGroupIngress")  # type: ignore[arg-type]

    monkeypatch.setattr(fence.aws("ec2"), "revoke_security_group_ingress", gone)
    with pytest.raises(Conflict, match="were changed by somebody else 5 times"):
        fence.raise_fence()


def test_a_rule_that_was_put_in_while_fenced_is_given_back_with_the_first_ones(primary: Primary) -> None:
    fence = primary.fence()
    fence.raise_fence()
    primary.allow({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ALL})
    fence.raise_fence()
    assert primary.rules() == []
    fence.lower()
    assert len(primary.rules()) == 4


def test_lowering_that_was_killed_half_way_is_finished(primary: Primary) -> None:
    before = primary.rules()
    fence = primary.fence()
    fence.raise_fence()
    primary.allow({"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "IpRanges": ALL})
    fence.lower()
    assert primary.rules() == before


def test_more_rules_than_can_be_kept_are_refused_and_left(primary: Primary) -> None:
    before = primary.rules()
    many = [{"IpProtocol": "tcp", "CidrIpv4": f"10.0.{n}.0/24", "Description": "x" * 200} for n in range(60)]
    with pytest.raises(Refused, match=f"more than {LARGEST} bytes"):
        primary.fence()._record().write(many)
    assert primary.rules() == before and primary.record() is None


def test_a_record_that_is_not_ours_is_not_guessed_at(primary: Primary, moto_url: str) -> None:
    ssm = client("ssm", moto_url, "eu-west-1")
    ssm.put_parameter(Name=f"/lifeboat/fences/{primary.group}", Value="{torn", Type="String")
    with pytest.raises(Missing, match="cannot be read"):
        primary.fence().raise_fence()
    assert len(primary.rules()) == 3


def test_a_group_that_does_not_exist_is_no_fence(moto_url: str, primary: Primary) -> None:
    fence = primary.fence(group_id="sg-00000000000000000")
    with pytest.raises(RecoveryError, match=r"InvalidGroup.NotFound"):
        fence.raise_fence()
    assert not fence.prove().proved


@pytest.mark.parametrize("endpoint", ["127.0.0.1:80", "tcp://127.0.0.1", "http://me:pw@127.0.0.1/", "ftp://a/"])
def test_endpoints_are_checked_and_never_echo_a_password(endpoint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SecurityGroupFence(group_id="sg-1", region="us-east-1", endpoints=(endpoint,))
    assert "is no endpoint" in str(caught.value) or "needs a port" in str(caught.value)


def test_a_port_that_drops_everything_is_closed() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for each in fillers:
            each.setblocking(False)
            each.connect_ex(address)
        tried = attempt(f"tcp://127.0.0.1:{address[1]}", 0.2)
        for each in fillers:
            each.close()
    assert tried.closed and "got no answer within 0.2 s" in tried.sentence


def test_a_name_that_does_not_resolve_proves_nothing() -> None:
    tried = attempt("tcp://no-such-host.invalid:80", 0.5)
    assert not tried.closed and "could not be tried" in tried.sentence


def test_an_endpoint_that_takes_the_connection_and_says_nothing_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        tried = attempt(f"http://127.0.0.1:{mute.getsockname()[1]}/", 0.2)
    assert not tried.closed and "still takes connections (then ReadTimeout)" in tried.sentence


def test_rules_keep_what_they_let_in() -> None:
    pair = {"GroupId": "sg-2", "UserId": "1", "VpcPeeringConnectionId": "pcx-1"}
    rule = plain_rule({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "ReferencedGroupInfo": pair, "Tags": []})
    assert permission(rule) == {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": [pair]}
    prefix = {"IpProtocol": "-1", "PrefixListId": "pl-1", "Description": "d"}
    assert permission(prefix)["PrefixListIds"] == [{"PrefixListId": "pl-1", "Description": "d"}]
    assert identity(prefix) == identity({**prefix, "Description": "other"})
    assert identity(prefix) != identity(rule)
